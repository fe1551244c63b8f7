import type { EngineDialect } from './engine.ts';

/**
 * `block` → `block_1m`, for every inserted block of rows. A row's values are dealt to the minutes they lie in (a row
 * may span several); NaN values are gaps and count for nothing.
 *
 * There is no GROUP BY on purpose: rows of one key are merged in the background by the table's engine, which measured a
 * sixth cheaper than hashing them before; whoever reads a rollup aggregates.
 */
export const minuteRollup = (dialect: EngineDialect): string => `
CREATE MATERIALIZED VIEW IF NOT EXISTS block_1m_from_block${dialect.onCluster} TO block_1m AS
SELECT
  agent, seriesId, toDateTime(minute * 60, 'UTC') AS t,
  length(known) AS count,
  count * stepMs / 1000 AS seconds,
  arraySum(known) * stepMs / 1000 AS integral,
  if(empty(low), arrayMin(known), arrayMin(low)) AS min,
  if(empty(high), arrayMax(known), arrayMax(high)) AS max
FROM (
  SELECT
    agent, seriesId, stepMs, minute,
    arrayFilter(x -> NOT isNaN(x), if(isWhole, mean, arraySlice(mean, first + 1, last - first))) AS known,
    arrayFilter(x -> NOT isNaN(x), if(isWhole, min, arraySlice(min, first + 1, last - first))) AS low,
    arrayFilter(x -> NOT isNaN(x), if(isWhole, max, arraySlice(max, first + 1, last - first))) AS high
  FROM (
    SELECT
      agent, seriesId, stepMs, mean, min, max, minute,
      firstMinute = lastMinute AS isWhole,
      greatest(0, intDiv(minute * 60000 - startMs + stepMs - 1, stepMs)) AS first,
      least(length(mean), intDiv((minute + 1) * 60000 - startMs + stepMs - 1, stepMs)) AS last
    FROM (
      SELECT
        agent, seriesId, stepMs, mean, min, max,
        toUnixTimestamp64Milli(t0) AS startMs,
        intDiv(startMs, 60000) AS firstMinute,
        intDiv(startMs + stepMs * greatest(length(mean) - 1, 0), 60000) AS lastMinute
      FROM block
    )
    ARRAY JOIN range(toUInt64(firstMinute), toUInt64(lastMinute + 1)) AS minute
  )
)
WHERE count > 0`;

/** `block_1m` → `block_1h`, from the same insert, under the same token. */
export const hourRollup = (dialect: EngineDialect): string => `
CREATE MATERIALIZED VIEW IF NOT EXISTS block_1h_from_block_1m${dialect.onCluster} TO block_1h AS
SELECT agent, seriesId, toStartOfHour(t) AS t, count, seconds, integral, min, max
FROM (SELECT agent, seriesId, block_1m.t AS t, count, seconds, integral, min, max FROM block_1m)`;
