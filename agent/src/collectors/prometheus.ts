import { type Attributes, canonicalAttributes, MAX_ATTRIBUTE_KEY_LENGTH, semconv } from '@airis/protocol';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type MetricInfo } from './collector.ts';
import { pathMatcher } from './path-pattern.ts';
import { customMetric, parsePrometheus, parsePrometheusKinds } from './prometheus-text.ts';

const config = z.strictObject({
  targets: z
    .array(
      z.strictObject({
        url: z.url({ protocol: /^http$/ }).describe('of the metrics page, on loopback'),
        take: z
          .array(z.string().min(1).max(200))
          .max(20)
          .default([])
          .describe('further metrics to take, by name as on the page: `shop_*`; by default only those AIRIS-MON knows'),
      }),
    )
    .max(8)
    .default([])
    .describe('programs that show their own metrics'),
  timeoutMs: z.int().min(50).max(10_000).default(600),
});

const MAX_PAGE_BYTES = 1024 * 1024;
const MAX_ATTRIBUTE_SETS = 200;
/** Of further metrics; samples beyond are counted. */
const MAX_FURTHER_SETS = 1_000;
const MAX_FURTHER_METRICS = 300;

const gauge = (unit: string, about: string): MetricInfo => ({ unit, kind: 'gauge', about });
const { metric } = semconv;

/** Metrics taken from a page, by OpenTelemetry's names; what else stands there is passed over. */
const known: Readonly<Record<string, MetricInfo>> = {
  [metric.dbClientConnections]: gauge('{connection}', 'connections of a pool by state'),
  [metric.dbClientConnectionMax]: gauge('{connection}', 'connections a pool may have'),
  [metric.dbClientPending]: gauge('{request}', 'requests that wait for a connection'),
  [metric.dbClientIdleInUse]: gauge('{connection}', 'connections in use in which no statement runs'),
  [metric.nodeEventLoopDelayP99]: gauge('s', 'delay of the event loop, 99th percentile'),
  [metric.httpServerActive]: gauge('{request}', 'requests in service by their age'),
  [metric.dbServerLongestStatement]: gauge('s', 'statement that runs longest'),
  [metric.dbServerLockWaiters]: gauge('{session}', 'sessions that wait for a lock'),
  [metric.dbServerLockLongestWait]: gauge('s', 'longest wait for a lock'),
  [metric.postgresqlBackends]: gauge('{session}', 'sessions by state'),
};

/** Their number and the length of values the reader bounds. */
const areSendable = (labels: Attributes): boolean =>
  Object.keys(labels).every((key) => key.length <= MAX_ATTRIBUTE_KEY_LENGTH);

const attributeSets = (limit: number) => new BoundedAttributes(limit, (key) => JSON.parse(key) as Attributes);

/** What a program says of itself on a metrics page. */
export const prometheusCollector = defineCollector({
  name: 'prometheus',
  watches: 'both',
  config,
  capabilities: ['http'],
  emits: known,
  maxDeclared: MAX_FURTHER_METRICS,
  state: ({ targets }) => ({
    sets: attributeSets(MAX_ATTRIBUTE_SETS),
    furtherSets: attributeSets(MAX_FURTHER_SETS),
    takes: targets.map(({ take }) => take.map(pathMatcher)),
  }),
  applies: async (_host, { targets }) => targets.length > 0,
  async collect(host, { targets, timeoutMs }, out, { sets, furtherSets, takes }) {
    const problems: string[] = [];
    const isOne = targets.length === 1;
    const written = new Set<string>();
    for (const [index, { url }] of targets.entries()) {
      const patterns = takes[index] ?? [];
      try {
        const answer = await host.http?.(url, { timeoutMs, maxBytes: MAX_PAGE_BYTES });
        if (answer?.status !== 200) throw new Error(`answered ${answer?.status ?? 'nothing'}`);
        const kinds = patterns.length === 0 ? null : parsePrometheusKinds(answer.text);
        for (const { name: said, labels, value } of parsePrometheus(answer.text)) {
          if (!Number.isFinite(value)) continue;
          const isKnown = Object.hasOwn(known, said);
          if (!isKnown && !patterns.some((matches) => matches(said))) continue;
          const further = isKnown ? null : customMetric(said, kinds ?? new Map());
          if (!isKnown && (further === null || out.declare?.(further.name, further.info) !== true)) continue;
          const name = further?.name ?? said;
          const own = isOne ? labels : { ...labels, [semconv.attribute.serverPort]: new URL(url).port || '80' };
          const key = canonicalAttributes(own);
          // A page that says a sample twice, or its labels in another order, makes no second series.
          if (!areSendable(own) || written.has(name + key)) continue;
          written.add(name + key);
          const attributes = (isKnown ? sets : furtherSets).get(key);
          if (attributes !== null) out.write(name, value, attributes);
          else if (!isKnown) out.refuse?.('prometheus-too-many-labels');
        }
      } catch (error) {
        problems.push(`${url}: ${errorText(error)}`);
      }
    }
    if (problems.length > 0) throw new Error(problems.join('; '));
  },
});
