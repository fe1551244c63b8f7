import { UsageError } from './eval.ts';
import { evals } from './index.ts';

process.env.ORT_DISABLE_TELEMETRY = '1';

const [name, ...args] = process.argv.slice(2);
const chosen = evals.find((one) => one.name === name);
try {
  if (chosen === undefined) throw new UsageError(name === undefined ? 'no eval is named' : `no eval is called ${name}`);
  await chosen.run(args, (line) => process.stdout.write(`${line}\n`));
} catch (error) {
  process.stderr.write(`eval: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`known:\n${evals.map((one) => `  ${one.usage}`).join('\n')}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
