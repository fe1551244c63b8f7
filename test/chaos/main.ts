import { faults } from './faults/index.ts';
import { runFault } from './run-fault.ts';

/** `npm run -s chaos -- NAME|all`: a fault under load; one JSON line each; exit 1 where a promise is broken. */
const [wanted = ''] = process.argv.slice(2);
const chosen = wanted === 'all' ? faults : faults.filter(({ name }) => name === wanted);
if (chosen.length === 0) {
  process.stderr.write(`usage: npm run -s chaos -- all|${faults.map(({ name }) => name).join('|')}\n`);
  process.exitCode = 2;
}
for (const fault of chosen) {
  const { outcome, broken } = await runFault(fault);
  process.stdout.write(`${JSON.stringify({ fault: fault.name, ...outcome, broken })}\n`);
  if (broken.length > 0) process.exitCode = 1;
}
