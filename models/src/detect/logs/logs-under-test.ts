import type { Finding } from '@airis/protocol';
import { createLogDetection } from './log-detection.ts';
import { LOG_STEP_MS } from './log-detector.ts';

export const ERRORS = 17;
const INFOS = 9;

/** A host whose logs are written by hand: what each step brings is given by template name, and how it is remembered. */
export function startLogs(textOf: (source: string, templateId: bigint) => string = (_, id) => `line ${id} of <*>`) {
  let ids = 0;
  let tMs = 1_800_000_000_000;
  const detection = createLogDetection({
    entity: 'service:shop',
    newId: () => `f-${String(++ids).padStart(8, '0')}`,
    nameOf: (source) => source,
    textOf,
  });
  const seen = new Map<string, number>();
  const findings: Finding[] = [];
  detection.step(tMs);
  return {
    findings,
    get nowMs() {
      return tMs;
    },
    /** Lines by template; errors are those whose number is 100 or more. */
    step(lines: Readonly<Record<number, number>>, source = '/log'): Finding[] {
      for (const [template, count] of Object.entries(lines)) {
        for (let i = 0; i < count; i++) {
          const key = `${source} ${template}`;
          const seenBefore = seen.get(key) ?? 0;
          seen.set(key, seenBefore + 1);
          const severity = Number(template) >= 100 ? ERRORS : INFOS;
          detection.observe({ source, templateId: BigInt(template), timeUnixMs: tMs + 4_000, severity, seenBefore });
        }
      }
      tMs += LOG_STEP_MS;
      detection.step(tMs);
      const taken = detection.takeFindings();
      findings.push(...taken);
      return taken;
    },
    steps(count: number, lines: Readonly<Record<number, number>> = {}): void {
      for (let i = 0; i < count; i++) this.step(lines);
    },
    opened: () => findings.filter(({ state }) => state === 'open').map(({ kind, trouble }) => `${kind} ${trouble}`),
    closed: () => findings.filter(({ state }) => state === 'closed').map(({ kind }) => kind),
  };
}
