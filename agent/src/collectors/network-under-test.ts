import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

export interface PrintedSample {
  readonly metric: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ReadingsWanted {
  readonly name: string;
  readonly settings?: object;
  readonly readings?: number;
  readonly everyMs?: number;
  /** Samples of all readings, not of the last alone. */
  readonly all?: boolean;
  /** Under which the collector is started: one that takes a permission away. */
  readonly command?: string;
}

/** Shell commands of two hosts, `10.77.0.1` (near) and `10.77.0.2` (far), which a wire joins. */
export interface WiredHosts {
  /** What shall go on runs in the background, for a time of its own. */
  readonly far?: string;
  readonly near?: string;
  /** Of the near host, when all is over. */
  readonly atExit?: string;
}

/**
 * What the near host prints.
 *
 * @param asRoot - for programs that give rights up themselves; else the namespaces are this user's own and need no root
 */
export function runInOwnNetwork({ far = 'true', near = '', atExit = '' }: WiredHosts, asRoot = false): string {
  const script = `set -e
    ip link set lo up
    unshare -n sleep 60 & far=$!
    until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep .05; done
    trap 'kill $far; ${atExit}' EXIT
    ip link add near type veth peer name far
    ip link set far netns $far
    ip address add 10.77.0.1/24 dev near
    ip link set near up
    nsenter -t $far -n sh -c 'ip address add 10.77.0.2/24 dev far; ip link set far up; ip link set lo up; ${far}'
    ${near}`;
  const owner = asRoot ? [] : ['--user', '--map-root-user'];
  return execFileSync('unshare', [...owner, '--net', 'sh', '-c', script], { encoding: 'utf8', timeout: 60_000 });
}

/**
 * Runs a collector on the near one of two wired hosts.
 *
 * @param hosts - `near`: before the collector
 * @returns the samples of its last reading
 */
export function readInOwnNetwork(wanted: ReadingsWanted, hosts: WiredHosts): readonly PrintedSample[] {
  const near = `${hosts.near ?? ''}\n${readingsCommand(wanted)}`;
  const lines = runInOwnNetwork({ ...hosts, near })
    .trim()
    .split('\n');
  return (wanted.all ? lines : lines.slice(-1)).flatMap((line) => JSON.parse(line) as PrintedSample[]); // as printed
}

/** Prints a line of samples a reading. */
export function readingsCommand({
  name,
  settings = {},
  readings = 1,
  everyMs = 0,
  command = '',
}: ReadingsWanted): string {
  const program = resolve(import.meta.dirname, 'print-readings-under-test.ts');
  return `${command} ${process.execPath} --conditions=airis-source ${program} ${name} '${JSON.stringify(settings)}' ${readings} ${everyMs}`;
}
