import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Health, health } from '@airis/protocol';
import { z } from 'zod';
import { agentDirectory } from '../config.ts';
import { isLocked } from '../folder-lock.ts';
import { readIdentity } from '../identity.ts';
import { type Command, textFlag } from './command.ts';

const statusFile = z.object({
  pid: z.number(),
  samplingEveryMs: z.number(),
  link: z.object({
    state: z.string(),
    since: z.number(),
    lastError: z.string().nullable(),
    failures: z.record(z.string(), z.number()),
  }),
  logSources: z.array(z.string()),
  floor: z.string().default('no floor.yaml'),
  held: z
    .object({
      limitBytes: z.number(),
      metricBytes: z.number(),
      lineBytes: z.number(),
      spanBytes: z.number(),
      dotBytes: z.number(),
    })
    .nullable()
    .default(null),
  health,
});
export type StatusFile = z.infer<typeof statusFile>;

/** What the running agent last wrote of itself, or `null` where there is nothing readable. */
export function readStatus(directory: string): StatusFile | null {
  try {
    return statusFile.parse(JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8')));
  } catch {
    return null;
  }
}

export const statusCommand: Command = {
  name: 'status',
  about: 'what the agent on this host does now',
  options: {},
  help: [],
  async run(flags, _, { environment, out }) {
    const directory = agentDirectory(textFlag(flags, 'dir'), environment);
    const agent = readIdentity(directory)?.agent ?? null;
    const running = agent !== null && isLocked(directory);
    const status = readStatus(directory);
    if (flags.json === true) out(JSON.stringify({ directory, agent, running, status }));
    else out(describe(directory, agent, running, status));
    return running ? 0 : 1;
  },
};

function describe(directory: string, agent: string | null, running: boolean, status: StatusFile | null): string {
  if (agent === null) return `not enrolled (${directory})`;
  const lines = [`${agent}: ${running ? 'running' : 'not running'} (${directory})`];
  if (status === null) return lines.join('\n');
  const { link, health: now } = status;
  const at = new Date(now.atUnixMs).toISOString();
  const lost = Object.values(now.lossRowsByReason).reduce((sum, rows) => sum + rows, 0);
  lines.push(
    `as of ${at}: link ${link.state}${link.lastError === null ? '' : ` (${link.lastError})`}`,
    `spool ${now.spool.batches} batches, ${now.spool.bytes} of ${now.spool.limitBytes} bytes; rows lost ${lost}`,
    `floor: ${status.floor}`,
    ...(status.held === null ? [] : [heldText(status.held)]),
    `${now.self.series} series every ${status.samplingEveryMs} ms; CPU ${now.self.cpuSecondsTotal.toFixed(1)} s, memory ${Math.round(now.self.rssBytes / 1e6)} MB`,
    `detection ${now.detection.ready ? 'ready' : 'learning'}${now.detection.error === null ? '' : `: ${now.detection.error}`}`,
    ...(now.scope === null ? [] : [`watches ${now.scope.entity}: ${scopeProcesses(now.scope.pids)}`]),
    ...now.roles.map(
      (role) => `found ${role.name}: ${role.state}, ${role.evidence.map(({ text }) => text).join(', ')}`,
    ),
    ...now.collectors.filter(({ ok }) => !ok).map((state) => `collector ${state.name} fails${failingText(state)}`),
    ...now.collectors.flatMap(({ name, note }) => (note === undefined ? [] : [`collector ${name}: ${note}`])),
  );
  return lines.join('\n');
}

function heldText(held: NonNullable<StatusFile['held']>): string {
  const { metricBytes, lineBytes, spanBytes, dotBytes, limitBytes } = held;
  const total = metricBytes + lineBytes + spanBytes + dotBytes;
  return `keeps ${total} of ${limitBytes} bytes: metrics ${metricBytes}, lines ${lineBytes}, spans ${spanBytes}, dots ${dotBytes}`;
}

/** ` since …, 3 times in a row, next try …: what was said`. */
export function failingText(state: Health['collectors'][number]): string {
  const { failingSinceUnixMs: since, failures, nextTryUnixMs: next, error } = state;
  const parts = [
    ...(since === null ? [] : [` since ${new Date(since).toISOString()}`]),
    ...(failures > 0 ? [` ${failures} times in a row`] : []),
    ...(next === null ? [] : [` next try ${new Date(next).toISOString()}`]),
  ];
  return `${parts.join(',')}: ${error}`;
}

const PIDS_SHOWN = 8;

function scopeProcesses(pids: readonly number[]): string {
  if (pids.length === 0) return 'no process now';
  const shown = pids.slice(0, PIDS_SHOWN).join(', ');
  return `${pids.length} processes (pid ${shown}${pids.length > PIDS_SHOWN ? ', …' : ''})`;
}
