import { z } from 'zod';
import { agentConfig } from '../agent/src/config.ts';
import { floorSchema } from '../agent/src/gate/log-rules.ts';
import { environmentNameOf, flagOf, hubConfig, settingKeys } from '../hub/src/config.ts';
import { cell, keepPage } from './generated-page.ts';

/**
 * `node --conditions=airis-source install/settings-page.ts`: writes docs/settings.md from the schemas that read the
 * settings. With `--check` it only says whether the page is up to date.
 */
interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const jsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** `key | default | about` of every leaf, dotted. */
function rows(schema: JsonSchema, prefix = ''): { key: string; standard: string; about: string }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
    value.properties === undefined
      ? [{ key: prefix + key, standard: standardOf(value), about: cell(value.description ?? '') }]
      : rows(value, `${prefix}${key}.`),
  );
}

const standardOf = ({ default: value }: JsonSchema): string =>
  value === undefined ? '' : `\`${JSON.stringify(value)}\``;

const hub = jsonSchema(hubConfig).properties ?? {};
const hubRows = settingKeys.map((key) => {
  const { description = '', ...rest } = hub[key] ?? {};
  return `| \`${environmentNameOf(key)}\` | \`--${flagOf(key)}\` | \`${key}\` | ${standardOf(rest)} | ${cell(description)} |`;
});
const rowText = (row: ReturnType<typeof rows>[number]) => `| \`${row.key}\` | ${row.standard} | ${row.about} |`;
const agentRows = rows(jsonSchema(agentConfig)).map(rowText);
const floorRows = rows(jsonSchema(floorSchema)).map(rowText);

const text = `# Settings

Written by \`install/settings-page.ts\` from the schemas that read them. Flags win over the environment, that over the file, that over the defaults. An unknown key
stops the start with exit code 2 and names the nearest known one.

## Hub: \`hub.yaml\` in the data folder

| environment | flag | key in the file | default | about |
|---|---|---|---|---|
${hubRows.join('\n')}

## Agent: \`agent.yaml\` in the agent's folder, or \`--set key=value\`

| key | default | about |
|---|---|---|
${agentRows.join('\n')}

## What root allows: \`/etc/airis-agent/floor.yaml\` on the agent's host

Bounds whatever the hub wants and \`agent.yaml\` says; nothing can loosen it but the file itself, which is read again every five seconds. It must belong to root, and nobody else may write it. A file
that is not understood in every word closes everything: no file is read but the kernel's figures, nothing is asked, no question answered; \`airis-agent doctor\` and
\`status\` say what is wrong. In patterns \`*\` stands for anything within one folder, \`**\` across folders, \`?\` for one character.

| key | default | about |
|---|---|---|
${floorRows.join('\n')}
`;

keepPage('docs/settings.md', text, `${hubRows.length} settings of the hub, ${agentRows.length} of the agent`);
