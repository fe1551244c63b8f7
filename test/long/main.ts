import { runAgentWeek } from './agent-week.ts';
import { runDemoFaults } from './demo-faults.ts';

/** Long runs outside CI: `npm run test:long -- NAME [words]`. A new one is a file beside this and a line here. */
const runs: Readonly<Record<string, (words: readonly string[]) => Promise<boolean>>> = {
  'agent-week': runAgentWeek,
  'demo-faults': runDemoFaults,
};

const [name = '', ...words] = process.argv.slice(2);
const run = runs[name];
if (run === undefined) {
  process.stderr.write(`there is no long run "${name}"; known are ${Object.keys(runs).join(', ')}\n`);
  process.exitCode = 2;
} else if (!(await run(words))) process.exitCode = 1;
