import type { SeenFault } from './demo-under-test.ts';
import { incidentIds, readIncident, type WithApi } from './incidents.ts';

/** Detection is ready this long after `/readyz`. */
export const DETECTION_READY_MS = 90_000;
/** From one fault's start to the next one's. */
const APART_MS = 60_000;
/** A fault is stopped this long after its start. */
const HELD_MS = 45_000;

/** What became of one fault, as a line of the measurements. */
export interface FaultOutcome {
  readonly fault: string;
  readonly target: string;
  /** Seconds from the fault's start to its incident; null for none within a minute. */
  readonly incidentSeconds: number | null;
  readonly incidents: number;
  readonly titles: readonly string[];
  readonly firstCauses: readonly string[];
  readonly isRight: boolean;
  readonly evidence: number;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/**
 * Starts one fault or several at once, watches for a minute what incidents open, and ends them. Returns before they are
 * resolved, 60 s after the start, so that the next fault meets what is left of this one.
 */
export async function breakShop(demo: WithApi, names: readonly string[]): Promise<FaultOutcome[]> {
  const list = await demo.api<SeenFault[]>('GET', '/api/v1/demo/faults');
  const faults = names.map((name) => {
    const fault = list.find((one) => one.name === name);
    if (fault === undefined) throw new Error(`there is no fault ${name}`);
    return fault;
  });
  const before = new Set(await incidentIds(demo));
  const fresh = async () => (await incidentIds(demo)).filter((id) => !before.has(id));
  const startedAt = Date.now();
  for (const name of names) await demo.api('POST', `/api/v1/demo/faults/${name}/start`);
  const seenAfter: number[] = [];
  while (Date.now() - startedAt < HELD_MS) {
    const count = (await fresh()).length;
    while (seenAfter.length < count) seenAfter.push((Date.now() - startedAt) / 1_000);
    await sleep(500);
  }
  for (const name of names) await demo.api('POST', `/api/v1/demo/faults/${name}/stop`);
  await sleep(Math.max(0, APART_MS - (Date.now() - startedAt)));
  const incidents = await Promise.all((await fresh()).map((id) => readIncident(demo, id)));
  const firstCauses = incidents.map(({ causes }) => causes[0]?.entity ?? 'none');
  return faults.map(({ name, target }) => {
    const own = incidents.find(({ causes }) => causes[0]?.entity === target);
    return {
      fault: name,
      target,
      incidentSeconds: seenAfter[incidents.indexOf(own ?? incidents[0]!)] ?? seenAfter[0] ?? null,
      incidents: incidents.length,
      titles: incidents.map(({ title }) => title.ko),
      firstCauses,
      isRight: own !== undefined && incidents.length === names.length,
      evidence: own?.causes[0]?.evidence.length ?? 0,
    };
  });
}

/** Every piece of evidence of the incident's first cause that names a series answers with values. */
export async function evidenceOpens(demo: WithApi, id: string): Promise<boolean> {
  const { causes } = await readIncident(demo, id);
  const series = causes[0]?.evidence.filter(({ kind, metric }) => kind === 'series' && metric !== undefined) ?? [];
  const answers = await Promise.all(
    series.map(({ metric }) =>
      demo.api<{ series: unknown[] }>('POST', '/api/v1/query/metrics', { metric, from: '-10m', to: 'now' }),
    ),
  );
  return answers.every((answer) => answer.series.length > 0);
}
