import { type CapacityForecast, forecastCapacity } from '@airis/models';
import type { MetricsResult, QueryPort } from '../api/ports.ts';
import { type CapacityKind, type CapacityResource, capacityResources } from './capacity-resources.ts';

export interface ResourceCapacity {
  readonly kind: CapacityKind;
  readonly name: string | null;
  /** 0..1, the newest value known. */
  readonly usedRatio: number;
  /** `null` while there is too little past. */
  readonly forecast: CapacityForecast | null;
  /** When the newest value was measured; the forecast counts from there. */
  readonly atUnixMs: number;
  readonly daysOfPast: number;
}

const STEP_MS = 6 * 3_600_000;
const DAY_MS = 86_400_000;
const PAST_MS = 60 * DAY_MS;
/** Series of one kind on one host; further ones are left out. */
const SERIES_LIMIT = 32;
/** What was last measured longer ago is not there any more. */
const GONE_AFTER_MS = 2 * DAY_MS;

/** What fills up on a host, soonest first, then fullest. */
export async function readCapacity(
  query: Pick<QueryPort, 'metrics'>,
  agent: string,
  nowUnixMs: number,
): Promise<ResourceCapacity[]> {
  const read = (metric: string, attributes: Readonly<Record<string, string>>) =>
    query.metrics({
      metric,
      agents: [agent],
      attributes,
      fromUnixMs: nowUnixMs - PAST_MS,
      toUnixMs: nowUnixMs,
      stepMs: STEP_MS,
      aggregate: 'max',
    });
  const found: ResourceCapacity[] = [];
  for (const resource of capacityResources) {
    const used = await read(resource.metric, resource.where);
    const limits = resource.limitMetric === null ? null : await read(resource.limitMetric, {});
    for (const series of used.series.slice(0, SERIES_LIMIT)) {
      const name = resource.nameAttribute === null ? null : (series.attributes[resource.nameAttribute] ?? null);
      if (!isOneOf(resource, series.attributes, name)) continue;
      const limit = limits === null ? 1 : newestLimit(limits, resource, name);
      const one = limit === null ? null : capacityOf(resource.kind, name, used.times, series.max, limit);
      if (one !== null && nowUnixMs - one.atUnixMs <= GONE_AFTER_MS) found.push(one);
    }
  }
  const inMs = ({ forecast }: ResourceCapacity) => forecast?.inMs ?? Number.POSITIVE_INFINITY;
  return found.sort((a, b) => (inMs(a) === inMs(b) ? b.usedRatio - a.usedRatio : inMs(a) - inMs(b)));
}

/** A host's only one of its kind has no attributes that tell it apart. */
const isOneOf = (
  { nameAttribute }: CapacityResource,
  attributes: Readonly<Record<string, string>>,
  name: string | null,
) => (nameAttribute === null ? Object.keys(attributes).length === 0 : name !== null);

function newestLimit(limits: MetricsResult, { nameAttribute }: CapacityResource, name: string | null): number | null {
  const series = limits.series.find(({ attributes }) => (attributes[nameAttribute ?? ''] ?? null) === name);
  const newest = series === undefined ? undefined : Array.from(series.max).findLast(isKnown);
  return newest != null && newest > 0 ? newest : null;
}

function capacityOf(
  kind: CapacityKind,
  name: string | null,
  times: readonly number[],
  highs: ArrayLike<number | null>,
  limit: number,
): ResourceCapacity | null {
  const ratios = Array.from(highs, (value) => (isKnown(value) ? value / limit : Number.NaN));
  const first = ratios.findIndex(isKnown);
  const last = ratios.findLastIndex(isKnown);
  if (last < 0) return null;
  return {
    kind,
    name,
    usedRatio: ratios[last]!,
    forecast: forecastCapacity({ values: ratios, stepMs: STEP_MS, limit: 1 }),
    atUnixMs: times[last]! + STEP_MS,
    daysOfPast: ((last - first + 1) * STEP_MS) / DAY_MS,
  };
}

const isKnown = (value: number | null): value is number => value !== null && Number.isFinite(value);
