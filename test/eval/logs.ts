import { writeFile } from 'node:fs/promises';
import { findHeader, messageStart, TemplateMiner } from '@airis/models';
import { defineEval, readFlags } from './eval.ts';
import { readText } from './read-text.ts';

/** Lines a header is learnt from, as on a host. */
const HEADER_LINES = 400;

/** Template of every line of a log, mined in one streaming pass as on a host. Truth files are never read. */
export const logsEval = defineEval({
  name: 'logs',
  usage: 'logs --input FILE[.gz] [--messages] --out F',
  async run(args, print) {
    const hasHeader = !args.includes('--messages');
    const { input, out } = readFlags(
      args.filter((one) => one !== '--messages'),
      ['input', 'out'],
    );
    const lines = linesOf(await readText(input));
    const layout = hasHeader ? findHeader(lines.slice(0, HEADER_LINES)) : [];
    const miner = new TemplateMiner();
    const forms = lines.map((line) => miner.add(line, messageStart(line, layout)));
    miner.consolidate();
    const rows = forms.map((form, at) => {
      const { id, text } = miner.read(form);
      return `${at + 1},${id},"${text.replaceAll('"', '""')}"\n`;
    });
    await writeFile(out, ['LineId,EventId,EventTemplate\n', ...rows].join(''));
    const header = layout.length === 0 ? 'no header' : `header: ${layout.join(' ')}`;
    print(`${lines.length} lines, ${miner.templateCount} templates, ${header}`);
  },
});

/** A last line without an end counts, an empty rest does not; empty lines keep their number. */
function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
