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

/**
 * Runs a collector in a network of its own with two hosts, `10.77.0.1` (where it runs) and `10.77.0.2`, which a wire joins.
 * Needs no root: the namespaces are this user's own.
 *
 * @param far - shell commands of the other host; what shall go on runs in the background, for a time of its own
 * @param near - shell commands of this one, before the collector
 * @returns the samples of its last reading
 */
export function readInOwnNetwork(
  { name, settings = {}, readings = 1, everyMs = 0, all = false, command = '' }: ReadingsWanted,
  { far = 'true', near = 'true' }: { far?: string; near?: string },
): readonly PrintedSample[] {
  const program = resolve(import.meta.dirname, 'print-readings-under-test.ts');
  const collector = `${command} ${process.execPath} --conditions=airis-source ${program} ${name} '${JSON.stringify(settings)}' ${readings} ${everyMs}`;
  const script = `set -e
    ip link set lo up
    unshare -n sleep 60 & far=$!
    until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep .05; done
    trap 'kill $far' EXIT
    ip link add near type veth peer name far
    ip link set far netns $far
    ip address add 10.77.0.1/24 dev near
    ip link set near up
    nsenter -t $far -n sh -c 'ip address add 10.77.0.2/24 dev far; ip link set far up; ip link set lo up; ${far}'
    ${near}
    ${collector}`;
  const args = ['--user', '--map-root-user', '--net', 'sh', '-c', script];
  const text = execFileSync('unshare', args, { encoding: 'utf8', timeout: 60_000 });
  const lines = text.trim().split('\n');
  return (all ? lines : lines.slice(-1)).flatMap((line) => JSON.parse(line) as PrintedSample[]); // as printed
}
