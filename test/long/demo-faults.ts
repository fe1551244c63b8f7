import { breakShop, DETECTION_READY_MS, type FaultOutcome } from '../harness/demo-faults.ts';
import { type SeenFault, startDemo } from '../harness/demo-under-test.ts';
import { allResolved } from '../harness/incidents.ts';
import { tempFolder } from '../harness/temp-folder.ts';

const ROUNDS = 3;

/**
 * Every fault of the demo shop, a minute apart, several rounds in a row; one JSON line a fault.
 *
 * @param words - rounds (3), then names of faults (all); `a+b` are started at once
 */
export async function runDemoFaults(words: readonly string[]): Promise<boolean> {
  const [rounds = String(ROUNDS), ...wanted] = words;
  await using folder = await tempFolder('demo-long');
  await using demo = await startDemo(folder.path);
  const all = (await demo.api<SeenFault[]>('GET', '/api/v1/demo/faults')).map(({ name }) => name);
  await new Promise((done) => setTimeout(done, DETECTION_READY_MS));
  const outcomes: FaultOutcome[] = [];
  for (let round = 1; round <= Number(rounds); round++) {
    for (const names of wanted.length > 0 ? wanted : all) {
      for (const outcome of await breakShop(demo, names.split('+'))) {
        outcomes.push(outcome);
        process.stdout.write(`${JSON.stringify({ round, ...outcome })}\n`);
      }
    }
    process.stdout.write(`${JSON.stringify({ round, allResolvedSeconds: await allResolved(demo, 300_000) })}\n`);
  }
  return outcomes.every(({ isRight, incidentSeconds }) => isRight && incidentSeconds !== null);
}
