import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nearestKey, parseStrict, unknownEnvironmentNames } from '@airis/protocol';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { errorText, HubError } from './errors.ts';
import { LOG_LEVELS } from './log.ts';
import { type EngineDialect, replicated, singleNode } from './store/telemetry/engine.ts';
import { defaultRetention, parseRetention } from './store/telemetry/retention.ts';

const address = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    context.addIssue({ code: 'custom', message: `"${text}" is not host:port` });
    return z.NEVER;
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
});
const path = z
  .string()
  .min(1)
  .transform((text) => resolve(text));
const retention = z.string().transform((text, context) => {
  const parsed = parseRetention(text);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.detail });
  return z.NEVER;
});
const flag = z.union([z.boolean(), z.stringbool()]);
const laterUse = (what: string) => z.string().optional().describe(`${what} (this version does not use it yet)`);

/**
 * Every setting of the hub. A key is `dataDir` in `hub.yaml`, `AIRIS_DATA_DIR` in the environment and `--data-dir` as a
 * flag; flags win over the environment, that over the file, that over the defaults.
 */
export const hubConfig = z.strictObject({
  dataDir: path.prefault('./.airis').describe('where everything is kept'),
  http: address
    .prefault('127.0.0.1:8730')
    .describe('address of console and API; HTTPS off loopback; port 0 takes a free one'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL under which other hosts reach the hub'),
  tlsCert: path.optional().describe('PEM certificate chain for HTTPS; without it the hub makes its own off loopback'),
  tlsKey: path.optional().describe('PEM private key for tlsCert'),
  retention: retention.optional().describe('days to keep by table, as in block=7d,log=14d'),
  natsListen: address
    .prefault('127.0.0.1:8731')
    .describe('address of the embedded nats-server; mutual TLS off loopback'),
  natsServer: path.optional().describe('nats-server binary, 2.11 or newer'),
  natsUrl: z.string().min(1).optional().describe('an existing NATS cluster instead of the embedded server'),
  natsCreds: path.optional().describe('credentials file of the hub for natsUrl'),
  natsSystemCreds: path
    .optional()
    .describe('credentials file of the system account for natsUrl, to verify its durability'),
  natsSignerSeedFile: path.optional().describe('seed of the scoped account signing key for agents, for natsUrl'),
  natsReplicas: z.coerce.number().int().min(1).max(5).prefault(3).describe('copies of each stream with natsUrl'),
  acceptUnverifiedDurability: flag
    .prefault(false)
    .describe('use a NATS that is not known to keep what it acknowledges'),
  clickhouseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('an existing ClickHouse instead of the embedded store'),
  clickhouseCluster: z
    .string()
    .regex(/^[\w-]+$/)
    .optional()
    .describe('cluster of one shard, as clickhouseUrl names it: tables are made on all its replicas'),
  bootstrapTokenFile: path.optional().describe('where an admin API token is left (default: admin.token in dataDir)'),
  demoControl: path
    .optional()
    .describe('file in which the demo shop of `npm start -- --demo` leaves its address; set by it'),
  logLevel: z.enum(LOG_LEVELS).prefault('info').describe('least severity that is logged'),
  otlpHttp: laterUse('address of the OTLP/HTTP receiver'),
  otlpGrpc: laterUse('address of the OTLP/gRPC receiver'),
  chromaUrl: laterUse('Chroma server'),
  neo4jUrl: laterUse('Neo4j server'),
  postgresUrl: laterUse('Postgres for the hub state'),
  ollamaUrl: laterUse('Ollama server'),
  geminiUrl: laterUse('Gemini endpoint'),
  geminiKeyFile: laterUse('file with the Gemini key'),
});
export type HubConfig = z.output<typeof hubConfig>;
export type SettingKey = keyof typeof hubConfig.shape;

// The keys of the shape, in the order of their declaration.
export const settingKeys = Object.keys(hubConfig.shape) as SettingKey[];
const LATER_KEYS: readonly SettingKey[] = settingKeys.filter((key) =>
  /^(otlp|chroma|neo4j|postgres|ollama|gemini)/.test(key),
);
const FILE_NAME = 'hub.yaml';
/** Names of other programs that may stand in the same environment. */
const FOREIGN_PREFIX = 'AIRIS_AGENT_';

export const environmentNameOf = (key: SettingKey): string => `AIRIS_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
export const flagOf = (key: SettingKey): string => key.replace(/[A-Z]/g, '-$&').toLowerCase();

export interface ConfigSources {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads the settings once. What is unknown or wrong stops the start, with the key and the nearest known one. */
export function readConfig({ flags, environment }: ConfigSources): HubConfig {
  const known = settingKeys.map(environmentNameOf);
  const problems = unknownEnvironmentNames(environment, known).filter(
    (problem) => !problem.includes(` ${FOREIGN_PREFIX}`),
  );
  if (problems.length > 0) throw invalid(problems);

  const fromFlags = pick((key) => flags[flagOf(key)]);
  const fromEnvironment = pick((key) => environment[environmentNameOf(key)] || undefined);
  const folder = resolve(String(fromFlags.dataDir ?? fromEnvironment.dataDir ?? '.airis'));
  const fromFile = readFile(
    typeof flags.config === 'string' ? resolve(flags.config) : join(folder, FILE_NAME),
    flags.config !== undefined,
  );
  const parsed = parseStrict(hubConfig, { ...fromFile, ...fromEnvironment, ...fromFlags }, 'settings');
  if (!parsed.ok) throw invalid(parsed.problems);
  const config = parsed.value;
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw invalid(['settings: tlsCert and tlsKey go together (AIRIS_TLS_CERT, AIRIS_TLS_KEY)']);
  }
  return config;
}

/** Settings given that this version has no use for: they are said, never silently dropped. */
export function unusedSettings(config: HubConfig): readonly string[] {
  return LATER_KEYS.filter((key) => config[key] !== undefined).map(environmentNameOf);
}

export const retentionOf = (config: HubConfig) => config.retention ?? defaultRetention;

/** The embedded store is a single node, whatever the cluster is called. */
export const dialectOf = ({ clickhouseUrl, clickhouseCluster }: HubConfig): EngineDialect =>
  clickhouseUrl === undefined || clickhouseCluster === undefined ? singleNode : replicated(clickhouseCluster);

function readFile(file: string, isNamed: boolean): Record<string, unknown> {
  if (!existsSync(file)) {
    if (isNamed) throw invalid([`${file} is not there`]);
    return {};
  }
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    throw invalid([`${file}: ${errorText(cause)}`], cause);
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(content);
  if (!parsed.success) throw invalid([`${file}: settings are written as key: value`]);
  const unknown = Object.keys(parsed.data).filter((key) => !settingKeys.some((each) => each === key));
  if (unknown.length > 0) {
    throw invalid(
      unknown.map((key) => {
        const nearest = nearestKey(key, settingKeys);
        return `${file}: unknown key ${key}${nearest === null ? '' : `; did you mean ${nearest}?`}`;
      }),
    );
  }
  return parsed.data;
}

function pick(read: (key: SettingKey) => string | boolean | undefined): Record<string, string | boolean> {
  return Object.fromEntries(
    settingKeys.flatMap((key) => {
      const value = read(key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function invalid(problems: readonly string[], cause?: unknown): HubError {
  return new HubError('CONFIG_INVALID', problems.join('\n'), 'see `airis-hub start --help` for every setting', {
    cause,
  });
}
