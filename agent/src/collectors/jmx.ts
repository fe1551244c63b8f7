import type { Attributes } from '@airis/protocol';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type MetricInfo, type SampleWriter } from './collector.ts';
import type { Host } from './host.ts';
import { beansOf, emitsOf, type JmxMapping, jmxMapping, readsOf, samplesOf } from './jmx-mapping.ts';
import { shippedMappingTexts } from './jmx-shipped.ts';
import { jolokiaTarget, readBeans } from './jolokia.ts';

const targetSchema = jolokiaTarget.safeExtend({
  mapping: z.string().min(1).max(64).default('jvm').describe('name of a mapping: shipped, or given below'),
});
type Target = z.output<typeof targetSchema>;

const config = z
  .strictObject({
    targets: z
      .array(targetSchema)
      .max(8)
      .default([])
      .describe(
        'Jolokia agents with a mapping: jvm, wildfly; or weblogic, jeus, webtob, which nobody has tried on the real server yet',
      ),
    mappings: z
      .record(z.string().max(64), jmxMapping)
      .default({})
      .describe('own mappings by name, in the shape of those in agent/jmx; one with a shipped name takes its place'),
    timeoutMs: z.int().min(50).max(10_000).default(2_000).describe('an answer that is not whole by then is cut off'),
  })
  .superRefine(({ targets, mappings }, problems) => {
    if (targets.length === 0) return;
    const known = knownMappings(mappings);
    targets.forEach(({ mapping }, i) => {
      if (beansOf(mapping, known) !== null) return;
      const names = [...known.keys()].join(', ');
      problems.addIssue({
        code: 'custom',
        path: ['targets', i, 'mapping'],
        message: `there is no mapping ${mapping}, or it includes one that there is not; known are ${names}`,
      });
    });
  });
type Config = z.output<typeof config>;

/** The shipped mappings and, before them, the operator's own. */
export function knownMappings(own: Readonly<Record<string, JmxMapping>>): Map<string, JmxMapping> {
  const shipped = Object.entries(shippedMappingTexts()).map(
    ([name, text]) => [name, jmxMapping.parse(parse(text))] as const,
  );
  return new Map([...shipped, ...Object.entries(own)]);
}

const ownMetrics: Readonly<Record<string, MetricInfo>> = {
  'airis.jmx.failures': {
    unit: '{failure}',
    kind: 'counter',
    about: 'answers of a JMX server that could not be used, by reason',
  },
  'airis.jmx.left_out': { unit: '{bean}', kind: 'gauge', about: 'beans beyond those that one pattern may have' },
};
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
const SERIES_LIMIT = 2_000;

type Reason = 'timeout' | 'too-large' | 'refused' | 'garbage';

interface TargetState {
  readonly target: Target;
  readonly beans: NonNullable<ReturnType<typeof beansOf>>;
  readonly failures: Map<Reason, number>;
  /** Waits longer after each failure, so that a server in trouble is not asked every second. */
  waitMs: number;
  nextAtMs: number;
  problem: string | null;
}

interface State {
  readonly targets: readonly TargetState[];
  readonly untried: readonly string[];
  readonly attributes: BoundedAttributes;
}

/** Any JMX server through Jolokia; which of its beans are which metrics is data. */
export const jmxCollector = defineCollector({
  name: 'jmx',
  watches: 'both',
  config,
  everyMs: 5_000,
  capabilities: ['http'],
  emits: (parsed): Readonly<Record<string, MetricInfo>> => ({
    ...emitsOf(stateOf(parsed).targets.map(({ beans }) => beans)),
    ...ownMetrics,
  }),
  state: stateOf,
  applies: async (_host, { targets }) => targets.length > 0,
  async collect(host, { timeoutMs }, out, state) {
    // All at once: one that hangs takes its own time, not the others'.
    await Promise.all(state.targets.map((target) => readTarget(host, target, timeoutMs, out, state.attributes)));
    const problems = state.targets.flatMap(({ problem }) => problem ?? []);
    if (problems.length > 0) throw new Error(problems.join('; '));
  },
  context: ({ untried }) =>
    untried.length === 0 ? {} : { note: `mappings not tried on the real server: ${untried.join(', ')}` },
});

function stateOf({ targets, mappings }: Config): State {
  const known = targets.length === 0 ? new Map<string, JmxMapping>() : knownMappings(mappings);
  return {
    targets: targets.map((target) => ({
      target,
      beans: beansOf(target.mapping, known) ?? [],
      failures: new Map(),
      waitMs: 0,
      nextAtMs: Number.NEGATIVE_INFINITY,
      problem: null,
    })),
    untried: [...new Set(targets.map(({ mapping }) => mapping))].filter((name) => known.get(name)?.tried === false),
    attributes: new BoundedAttributes(SERIES_LIMIT, (key) => JSON.parse(key) as Attributes),
  };
}

async function readTarget(
  host: Host,
  state: TargetState,
  timeoutMs: number,
  out: SampleWriter,
  known: BoundedAttributes,
): Promise<void> {
  const { url } = state.target;
  const place = { 'server.port': new URL(url).port || '80' };
  const put = (metric: string, value: number, more: Attributes): void => {
    const attributes = known.get(JSON.stringify({ ...place, ...more }));
    if (attributes !== null) out.write(metric, value, attributes);
  };
  const nowMs = host.nowMs();
  // A clock that was set back must not make it wait for that long.
  if (nowMs >= state.nextAtMs || state.nextAtMs - nowMs > LONGEST_WAIT_MS) {
    try {
      const answers = await readBeans(host, state.target, readsOf(state.beans), timeoutMs);
      const { samples, leftOut } = samplesOf(state.beans, answers);
      for (const { metric, value, attributes } of samples) put(metric, value, attributes);
      put('airis.jmx.left_out', leftOut, {});
      state.waitMs = 0;
      state.problem = null;
    } catch (error) {
      const reason = reasonOf(error);
      state.failures.set(reason, (state.failures.get(reason) ?? 0) + 1);
      state.waitMs = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, state.waitMs * 2));
      state.nextAtMs = nowMs + state.waitMs;
      state.problem = `${url}: ${reason}: ${errorText(error).slice(0, 120)}`;
    }
  }
  for (const [reason, count] of state.failures) put('airis.jmx.failures', count, { 'airis.jmx.failure': reason });
}

function reasonOf(error: unknown): Reason {
  if (error instanceof SyntaxError || error instanceof z.ZodError) return 'garbage';
  const name = error instanceof Error ? error.name : '';
  const text = errorText(error);
  if (name === 'TimeoutError' || name === 'AbortError' || /timeout/i.test(text)) return 'timeout';
  if (/answered more than/.test(text)) return 'too-large';
  return /answered \d+ of \d+/.test(text) ? 'garbage' : 'refused';
}
