import { MAX_ATTRIBUTE_KEY_LENGTH } from '@airis/protocol';
import { z } from 'zod';
import type { MetricInfo } from './collector.ts';
import { type BeanAttributes, beanName, type JolokiaRead } from './jolokia.ts';

const key = z.string().min(1).max(MAX_ATTRIBUTE_KEY_LENGTH);

const metricSchema = z.strictObject({
  attribute: z.string().min(1).max(200).describe('of the bean'),
  path: z.string().max(200).optional().describe('within a composite value: used, poolSize/current'),
  metric: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/)
    .max(128),
  unit: z
    .string()
    .regex(/^(?:1|s|By|\{[a-z]+\})$/)
    .describe('UCUM: 1, s, By, {request}'),
  kind: z.enum(['gauge', 'counter']),
  about: z.string().min(6).max(300),
  scale: z.number().positive().default(1).describe('0.001 makes milliseconds seconds'),
  with: z.record(key, z.string().max(100)).optional().describe('attributes that are always the same'),
});

const beanSchema = z.strictObject({
  mbean: z
    .string()
    .regex(/^[^:]+:.+/)
    .max(300)
    .describe('name of a bean, or a pattern'),
  labels: z.record(key, z.string().max(100)).optional().describe("attribute: key of the bean's name"),
  metrics: z.array(metricSchema).min(1).max(32),
});
type BeanMapping = z.output<typeof beanSchema>;

/** Which attributes of which beans are which metrics. */
export const jmxMapping = z.strictObject({
  title: z.string().min(1).max(200),
  tried: z.boolean().describe('whether somebody has seen it work on that server'),
  include: z.array(z.string().max(64)).max(8).default([]).describe('other mappings that hold here too'),
  beans: z.array(beanSchema).max(64),
});
export type JmxMapping = z.output<typeof jmxMapping>;

/** Beans of one pattern that are told; further ones are counted as left out. */
const BEANS_PER_PATTERN = 32;
const LABEL_LENGTH = 100;
const DEPTH_LIMIT = 4;

/** A mapping with what it includes, ready to ask. `null` where an included name is unknown. */
export function beansOf(name: string, known: ReadonlyMap<string, JmxMapping>, depth = 0): BeanMapping[] | null {
  const mapping = known.get(name);
  if (mapping === undefined || depth > DEPTH_LIMIT) return null;
  const included = mapping.include.map((other) => beansOf(other, known, depth + 1));
  return included.includes(null) ? null : [...included.flatMap((beans) => beans ?? []), ...mapping.beans];
}

export const readsOf = (beans: readonly BeanMapping[]): JolokiaRead[] =>
  beans.map(({ mbean, metrics }) => ({ mbean, attribute: [...new Set(metrics.map(({ attribute }) => attribute))] }));

/** What the mappings emit; the first to name a metric says what it is. */
export function emitsOf(all: readonly (readonly BeanMapping[])[]): Record<string, MetricInfo> {
  const emits: Record<string, MetricInfo> = {};
  for (const { metric, unit, kind, about } of all.flat().flatMap(({ metrics }) => metrics)) {
    emits[metric] ??= { unit, kind, about };
  }
  return emits;
}

export interface JmxSample {
  readonly metric: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Numbers out of answers to `readsOf`, in its order. Negative ones mean "no limit" or "not known" in JMX and are none. */
export function samplesOf(
  beans: readonly BeanMapping[],
  answers: readonly (BeanAttributes | null)[],
): { readonly samples: readonly JmxSample[]; readonly leftOut: number } {
  const samples: JmxSample[] = [];
  const written = new Set<string>();
  let leftOut = 0;
  beans.forEach(({ mbean, labels = {}, metrics }, i) => {
    const answer = answers[i];
    if (answer === null || answer === undefined) return;
    // A pattern is answered by bean, a plain name with its attributes at once.
    const found: [string, unknown][] = isPattern(mbean) ? Object.entries(answer) : [[mbean, answer]];
    leftOut += Math.max(0, found.length - BEANS_PER_PATTERN);
    for (const [name, values] of found.slice(0, BEANS_PER_PATTERN)) {
      const { keys } = beanName(name);
      const told = Object.entries(labels).map(([attribute, of]) => [attribute, label(keys.get(of) ?? '')] as const);
      for (const { attribute, path, metric, scale, with: always } of metrics) {
        const value = numberAt(values, [attribute, ...(path?.split('/') ?? [])]);
        if (value === null) continue;
        const attributes = { ...Object.fromEntries(told), ...always };
        const series = `${metric} ${JSON.stringify(attributes)}`;
        if (written.has(series)) continue;
        written.add(series);
        samples.push({ metric, value: value * scale, attributes });
      }
    }
  });
  return { samples, leftOut };
}

const isPattern = (mbean: string): boolean => /[*?]/.test(mbean);
/** `Pool (orders)` → `orders`: HikariCP writes a pool's name into its type. */
const label = (text: string): string => (/^Pool \((.*)\)$/.exec(text)?.[1] ?? text).slice(0, LABEL_LENGTH);

function numberAt(value: unknown, path: readonly string[]): number | null {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return null;
    at = (at as Readonly<Record<string, unknown>>)[step];
  }
  const number = typeof at === 'boolean' ? Number(at) : at;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}
