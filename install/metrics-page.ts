import type { Collector } from '../agent/src/collectors/collector.ts';
import { collectors } from '../agent/src/collectors/index.ts';
import { cell, keepPage } from './generated-page.ts';

/**
 * `node --conditions=airis-source install/metrics-page.ts`: writes docs/metrics.md from the `emits` tables of the
 * collectors. With `--check` it only says whether the page is up to date.
 */
const made = collectors.map((definition) => definition.create(undefined));

const rows = (collector: Collector): string[] =>
  Object.entries(collector.emits).map(
    ([metric, { unit, kind, about }]) => `| \`${metric}\` | \`${unit}\` | ${kind} | ${cell(about)} |`,
  );

const reads: Readonly<Record<Collector['watches'], string>> = {
  host: 'the whole host',
  scope: 'the scope of an agent that has one',
  both: 'services, on a host or in a scope',
};

const section = (collector: Collector): string => {
  const uses = collector.capabilities.length === 0 ? 'files only' : `uses ${collector.capabilities.join(', ')}`;
  const known = rows(collector);
  const table = known.length === 0 ? [] : ['| metric | unit | kind | meaning |', '|---|---|---|---|', ...known, ''];
  const { maxDeclared } = collector;
  const further = known.length === 0 ? 'What programs send has names' : 'Further metrics have names';
  const declared = maxDeclared === 0 ? [] : [`${further} of their own, at most ${maxDeclared}.`, ''];
  return `## ${collector.name}

Reads ${reads[collector.watches]}, every ${collector.everyMs / 1_000} s; ${uses}.

${[...declared, ...table].join('\n')}`;
};

const text = `# Metrics

Written by \`install/metrics-page.ts\` from what each collector declares. Names and units are those of the OpenTelemetry semantic conventions (units in UCUM), or of the OpenTelemetry collector's
receivers where a product has no convention; \`airis.\` where there is neither. A \`counter\` only grows at its source and is stored as increase per second (mean × step is the
increase); a \`gauge\` is stored as it was read.

${made.map(section).join('\n')}`;

const count = made.reduce((sum, { emits }) => sum + Object.keys(emits).length, 0);
keepPage('docs/metrics.md', text, `${count} metrics of ${made.length} collectors`);
