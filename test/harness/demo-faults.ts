import type { DemoUnderTest, SeenFault } from './demo-under-test.ts';
import { until } from './until.ts';

/** Detection is ready this long after `/readyz`. */
export const DETECTION_READY_MS = 90_000;
/** From one fault's start to the next one's. */
const APART_MS = 60_000;
/** A fault is stopped this long after its start. */
const HELD_MS = 45_000;

interface SeenIncident {
  readonly id: string;
  readonly state: string;
  readonly title: { readonly ko: string; readonly en: string };
  readonly causes: readonly {
    readonly entity: string;
    readonly score: number;
    readonly evidence: readonly { readonly kind: string; readonly ref: string; readonly metric?: string }[];
  }[];
}

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

export async function incidentIds(demo: DemoUnderTest): Promise<string[]> {
  const { items } = await demo.api<{ items: { id: string }[] }>('GET', '/api/v1/incidents');
  return items.map(({ id }) => id);
}

export const readIncident = (demo: DemoUnderTest, id: string): Promise<SeenIncident> =>
  demo.api('GET', `/api/v1/incidents/${id}`);

/**
 * Starts one fault or several at once, watches for a minute what incidents open, and ends them. Returns before they are
 * resolved, 60 s after the start, so that the next fault meets what is left of this one.
 */
export async function breakShop(demo: DemoUnderTest, names: readonly string[]): Promise<FaultOutcome[]> {
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
export async function evidenceOpens(demo: DemoUnderTest, id: string): Promise<boolean> {
  const { causes } = await readIncident(demo, id);
  const series = causes[0]?.evidence.filter(({ kind, metric }) => kind === 'series' && metric !== undefined) ?? [];
  const answers = await Promise.all(
    series.map(({ metric }) =>
      demo.api<{ series: unknown[] }>('POST', '/api/v1/query/metrics', { metric, from: '-10m', to: 'now' }),
    ),
  );
  return answers.every((answer) => answer.series.length > 0);
}

/** Waits until no incident is open; seconds it took. */
export async function allResolved(demo: DemoUnderTest, timeoutMs: number): Promise<number> {
  const startedAt = Date.now();
  await until(
    'every incident to resolve itself',
    timeoutMs,
    async () => {
      const { items } = await demo.api<{ items: { state: string }[] }>('GET', '/api/v1/incidents');
      return items.every(({ state }) => state === 'resolved');
    },
    1_000,
  );
  return (Date.now() - startedAt) / 1_000;
}
