import { tempFolder } from '../harness/temp-folder.ts';
import type { Fault, Outcome } from './fault.ts';
import { Load } from './load.ts';

const SLOWEST_RECOVERY_SECONDS = 10;

/** One fault under load, from a new hub to the count of what its store holds; `broken` names broken promises. */
export async function runFault(fault: Fault): Promise<{ outcome: Outcome; broken: string[] }> {
  await using folder = await tempFolder(`chaos-${fault.name}`);
  await using load = await Load.start(folder.path, fault);
  try {
    load.begin();
    await load.run(4_000);
    await fault.strike(load);
    const recoverySeconds = Number((await load.recovery()).toFixed(2));
    await load.run(2_000);
    const checkedWhileUp = (await fault.checkWhileUp?.(load)) ?? [];
    const outcome = await load.settle(recoverySeconds);
    return { outcome, broken: [...promisesBroken(outcome), ...checkedWhileUp, ...(fault.check?.(outcome) ?? [])] };
  } catch (error) {
    process.stderr.write(`${fault.name}: the end of the hub's log:\n${(await load.hubLog()).slice(-4000)}\n`);
    throw error;
  }
}

function promisesBroken(outcome: Outcome): string[] {
  const broken: string[] = [];
  if (outcome.sent === 0) broken.push('the load sent nothing: the run proves nothing');
  if (outcome.lost > 0) broken.push(`${outcome.lost} rows lost`);
  if (outcome.duplicated > 0) broken.push(`${outcome.duplicated} rows duplicated`);
  if (outcome.recoverySeconds > SLOWEST_RECOVERY_SECONDS) {
    broken.push(`recovery took ${outcome.recoverySeconds} s, more than ${SLOWEST_RECOVERY_SECONDS} s`);
  }
  return broken;
}
