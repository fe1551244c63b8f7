import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MAX_SERIES_PER_AGENT, parseStrict, unknownEnvironmentNames } from '@airis/protocol';
import { parse } from 'yaml';
import { z } from 'zod';
import { configWatchConfig } from './changes/config-watch.ts';
import { listenerWatchConfig } from './changes/listener-watch.ts';
import { collectors } from './collectors/index.ts';
import { rolesConfig } from './discover/role-corrections.ts';
import { AgentError } from './errors.ts';
import { receiversConfig } from './receivers/index.ts';
import { leaveScopesConfig, scopeConfig } from './scope/scope-config.ts';

const MiB = 1024 * 1024;

const collectorsConfig = z.strictObject(
  Object.fromEntries(
    // What watches a scope has its settings there.
    collectors.filter(({ watches }) => watches !== 'scope').map(({ name, config }) => [name, config.optional()]),
  ),
);

/** Everything that can be set, with its default; `agent.yaml` in the agent's folder has this shape. */
export const agentConfig = z.strictObject({
  sampling: z
    .strictObject({
      everyMs: z.int().min(1_000).max(8_000).default(1_000).describe('time between two readings; more under pressure'),
      maxSeries: z
        .int()
        .min(1)
        .max(MAX_SERIES_PER_AGENT)
        .default(MAX_SERIES_PER_AGENT)
        .describe('series beyond are refused'),
    })
    .prefault({}),
  spool: z
    .strictObject({
      limitBytes: z
        .int()
        .min(64 * 1024)
        .default(512 * MiB)
        .describe('beyond this full resolution goes first, findings last'),
      syncEveryMs: z.int().min(0).max(10_000).default(200).describe('longest time a batch may exist only in memory'),
    })
    .prefault({}),
  localStore: z
    .strictObject({
      limitBytes: z
        .int()
        .min(MiB)
        .default(512 * MiB)
        .describe(
          'kept on this host, at most: every value, log lines (masked), spans and transactions; metrics up to 3/4',
        ),
      retentionHours: z
        .number()
        .positive()
        .max(720)
        .default(48)
        .describe('and for how long; where the limit comes first, the oldest lines go, then spans, dots, metrics'),
    })
    .prefault({}),
  model: z.strictObject({ enabled: z.boolean().default(true).describe('run the neural model') }).prefault({}),
  scope: scopeConfig
    .optional()
    .describe('watch only this part of the machine, and no logs of the host but those named; absent: the whole host'),
  leaveScopes: leaveScopesConfig,
  collectors: collectorsConfig.prefault({}).describe('settings of collectors, by name'),
  receivers: receiversConfig.prefault({}),
  roles: rolesConfig.prefault({}),
  configWatch: configWatchConfig.prefault({}),
  listenerWatch: listenerWatchConfig.prefault({}),
});
export type AgentConfig = z.output<typeof agentConfig>;

/** Environment names that set one value, by where it stands in the configuration. */
export const environmentNames = {
  AIRIS_AGENT_SPOOL_LIMIT_BYTES: 'spool.limitBytes',
  AIRIS_AGENT_LOCAL_STORE_LIMIT_BYTES: 'localStore.limitBytes',
  AIRIS_AGENT_LOCAL_STORE_RETENTION_HOURS: 'localStore.retentionHours',
  AIRIS_AGENT_SAMPLING_EVERY_MS: 'sampling.everyMs',
  AIRIS_AGENT_MODEL_ENABLED: 'model.enabled',
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The agent's folder: `--dir`, else `$AIRIS_DATA_DIR/agent`, else `./.airis/agent`. */
export function agentDirectory(dirFlag: string | undefined, environment: Environment): string {
  return resolve(dirFlag ?? join(environment.AIRIS_DATA_DIR ?? '.airis', 'agent'));
}

/**
 * Flags over environment over file over defaults. Throws CONFIG_INVALID with every problem found, each naming where it
 * stands and the nearest known key.
 *
 * @param settings - `--set key=value` flags
 */
export function readConfig(directory: string, settings: readonly string[], environment: Environment): AgentConfig {
  const path = join(directory, 'agent.yaml');
  const problems = [
    ...unknownEnvironmentNames(environment, Object.keys(environmentNames), {
      prefix: 'AIRIS_AGENT_',
      foreignPrefixes: [],
    }),
  ];
  const value = readFile(path);
  for (const [name, key] of Object.entries(environmentNames)) {
    const text = environment[name];
    if (text !== undefined) setAt(value, key, text);
  }
  for (const setting of settings) {
    const [key, text] = splitSetting(setting);
    if (text === null) problems.push(`--set ${setting}: expected key=value`);
    else setAt(value, key, text);
  }
  if (isObject(value.scope)) leaveHostFiles(value);
  const parsed = parseStrict(agentConfig, value, path);
  if (parsed.ok && problems.length === 0) return parsed.value;
  const all = [...problems, ...(parsed.ok ? [] : parsed.problems)];
  throw new AgentError('CONFIG_INVALID', all.join('\n'), 'correct the settings named above');
}

/** The agent of a scope follows the host's logs and files only where it is told to: another agent does. */
function leaveHostFiles(value: Record<string, unknown>): void {
  const receivers = innerObject(value, 'receivers');
  innerObject(receivers, 'files').files ??= [];
  innerObject(receivers, 'journal').mode ??= 'off';
  innerObject(value, 'configWatch').files ??= [];
}

function readFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {};
    throw new AgentError('CONFIG_UNREADABLE', `cannot read ${path}`, 'check its owner and mode', { cause });
  }
  try {
    const document: unknown = parse(text, { maxAliasCount: 0 }) ?? {};
    if (isObject(document)) return document;
  } catch (cause) {
    throw new AgentError('CONFIG_INVALID', `${path}: ${String(cause).slice(0, 300)}`, 'correct the YAML', { cause });
  }
  throw new AgentError('CONFIG_INVALID', `${path}: not a mapping`, 'write `key: value` lines');
}

function splitSetting(setting: string): [string, string | null] {
  const at = setting.indexOf('=');
  return at < 1 ? [setting, null] : [setting.slice(0, at), setting.slice(at + 1)];
}

/** Sets `a.b.c`; the text is read as a YAML scalar, so that numbers are numbers. */
function setAt(target: Record<string, unknown>, key: string, text: string): void {
  const path = key.split('.');
  const last = path.pop()!;
  let object = target;
  for (const step of path) {
    object = innerObject(object, step);
  }
  object[last] = parse(text, { maxAliasCount: 0 });
}

/** The object at `key`, made where there is none. */
function innerObject(object: Record<string, unknown>, key: string): Record<string, unknown> {
  const next = object[key];
  const inner: Record<string, unknown> = isObject(next) ? next : {};
  object[key] = inner;
  return inner;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
