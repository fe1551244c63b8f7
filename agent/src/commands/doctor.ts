import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import type { Capability, Collector } from '../collectors/collector.ts';
import { createHost, type Host } from '../collectors/host.ts';
import { createCollectors } from '../collectors/index.ts';
import { type AgentConfig, agentConfig, agentDirectory, readConfig } from '../config.ts';
import { findRoles } from '../discover/index.ts';
import { errorText } from '../errors.ts';
import { isLocked } from '../folder-lock.ts';
import { type FloorInForce, floorText, readFloor } from '../gate/floor-file.ts';
import { withinFloor } from '../gate/floor-host.ts';
import { FLOOR_PATH } from '../gate/log-rules.ts';
import { identityPath, readIdentity } from '../identity.ts';
import { createWatched, type Watched } from '../scope/watched.ts';
import { type Command, textFlag } from './command.ts';
import { failingText, readStatus } from './status.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const CONNECT_WITHIN_MS = 3_000;
/** Only a reading shows whether the agent may: what a database grants, whether packets may be captured, `ping` be sent. */
const triedByDoctor: readonly Capability[] = ['sql', 'capture', 'tcp'];

export const doctorCommand: Command = {
  name: 'doctor',
  about: 'look for what may be wrong on this host',
  options: {},
  help: [],
  async run(flags, _, { environment, out }) {
    const directory = agentDirectory(textFlag(flags, 'dir'), environment);
    const config = readableConfig(directory, environment);
    const floor = readFloor(FLOOR_PATH);
    const machine = withinFloor(createHost(), () => floor.floor);
    const watched = createWatched(machine, config);
    const running = isLocked(directory) ? (readStatus(directory)?.health.collectors ?? []) : [];
    const checks = await Promise.all([
      check('configuration', async () => `${Object.keys(readConfig(directory, [], environment)).length} parts read`),
      check('folder', async () => folderDetail(directory)),
      check('identity', async () => identityDetail(directory)),
      check('agent', async () => (isLocked(directory) ? 'running' : 'not running')),
      check('floor', async () => floorDetail(floor)),
      check('nats', async () => reachable(readIdentity(directory)?.natsUrls ?? [])),
      check('scope', async () => scopeDetail(watched, config)),
      check('roles', async () => rolesDetail(watched)),
      ...createCollectors(config.collectors, config.scope).map((collector) =>
        check(`collector ${collector.name}`, async () => {
          const failing = running.find((state) => state.name === collector.name && !state.ok);
          if (failing !== undefined) throw new Error(`fails in the running agent${failingText(failing)}`);
          return await collectorDetail(collector, collector.watches === 'host' ? machine : watched.host);
        }),
      ),
    ]);
    const lines = checks.map(({ name, ok, detail }) => `${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
    out(flags.json === true ? JSON.stringify({ directory, checks }) : lines.join('\n'));
    return checks.every(({ ok }) => ok) ? 0 : 1;
  },
};

async function check(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return { name, ok: false, detail: errorText(error) };
  }
}

/** What needs a permission is read once; its complaint names the command that grants it. */
async function collectorDetail(collector: Collector, host: Host): Promise<string> {
  const { capabilities } = collector;
  const needs = capabilities.length === 0 ? 'files only' : capabilities.join(', ');
  if (!(await collector.applies(host))) return `nothing to read here (${needs})`;
  if (capabilities.some((one) => triedByDoctor.includes(one))) {
    try {
      await collector.collect(host, { write: () => undefined });
    } finally {
      await collector.close?.();
    }
  }
  return `applies (${needs})`;
}

function floorDetail(floor: FloorInForce): string {
  if (floor.problem !== null) throw new Error(floorText(floor));
  return floorText(floor);
}

function folderDetail(directory: string): string {
  accessSync(directory, constants.W_OK);
  const { bavail, bsize } = statfsSync(directory);
  return `${directory} is writable, ${Math.round((bavail * bsize) / 1e6)} MB free`;
}

function identityDetail(directory: string): string {
  const identity = readIdentity(directory);
  if (identity === null) throw new Error(`not enrolled: no ${identityPath(directory)}`);
  return `${identity.agent} of ${identity.hubUrl}`;
}

/** Defaults where the file cannot be read: the check of the configuration says why. */
function readableConfig(directory: string, environment: Parameters<typeof readConfig>[2]): AgentConfig {
  try {
    return readConfig(directory, [], environment);
  } catch {
    return agentConfig.parse({});
  }
}

async function scopeDetail(watched: Watched, { scope }: AgentConfig): Promise<string> {
  if (scope === undefined) return 'the whole host';
  await watched.host.list('/proc');
  const pids = watched.report()?.pids ?? [];
  if (pids.length > 0) return `${scope.entity}: ${pids.length} processes from pid ${pids[0]}`;
  const { pidFile } = scope.processes;
  return `${scope.entity}: no process now; ${existsSync(pidFile) ? `${pidFile} names none that runs` : `no ${pidFile} yet`}`;
}

async function rolesDetail({ host, roles: { definitions } }: Watched): Promise<string> {
  const roles = (await findRoles(host, definitions)).map(({ role }) => role);
  if (roles.length === 0) return 'none found';
  return roles.map(({ name, evidence }) => `${name} (${evidence.map(({ text }) => text).join(', ')})`).join('; ');
}

/** A TCP connection to any of the servers: credentials are the running agent's business. */
async function reachable(urls: readonly string[]): Promise<string> {
  if (urls.length === 0) return 'no servers known yet';
  const failures: string[] = [];
  for (const text of urls) {
    const url = new URL(text);
    try {
      await connected(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port === '' ? 4222 : url.port));
      return `${text} answers`;
    } catch (error) {
      failures.push(`${text}: ${errorText(error)}`);
    }
  }
  throw new Error(failures.join('; '));
}

function connected(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_WITHIN_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${CONNECT_WITHIN_MS} ms`)));
    socket.once('error', reject);
  });
}
