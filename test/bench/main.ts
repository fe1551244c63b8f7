import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** `npm run -s bench -- NAME …`: each benchmark is a file beside this one and prints one JSON line per figure. */
const here = import.meta.dirname;
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts' && file !== 'figure.ts' && file !== 'capture-sender.ts')
  .map((file) => file.slice(0, -3));

const [name, ...words] = process.argv.slice(2);
const file = join(here, `${name}.ts`);
if (name === undefined || !names.includes(name) || !existsSync(file)) {
  process.stderr.write(`usage: npm run -s bench -- ${names.join('|')}\n`);
  process.exitCode = 2;
} else {
  const { runBench } = (await import(file)) as { runBench: (words: readonly string[]) => Promise<void> };
  await runBench(words);
}
