import { clusterDistance, fitClusters } from '../../classical/clusters.ts';
import type { Table } from './table.ts';

const WINDOW = 10;
const CLUSTERS = 20;
const MAX_FIT_WINDOWS = 3_000;

/**
 * Distance of the window of the last 10 rows from the nearest of 20 typical windows of the fit rows (k-means).
 *
 * @see Yairi et al. 2001, "Fault Detection by Mining Association Rules from House-keeping Data" (KMeansAD)
 */
export function windowClusters({ rows, count, width }: Table, fitRows: number, seed: number): Float64Array {
  const result = new Float64Array(count);
  const windows = fitRows - WINDOW + 1;
  if (windows < CLUSTERS) return result;
  const windowAt = (last: number) => rows.subarray((last - WINDOW + 1) * width, (last + 1) * width);
  const stride = Math.max(1, windows / MAX_FIT_WINDOWS);
  const sample = Array.from({ length: Math.min(windows, MAX_FIT_WINDOWS) }, (_, i) =>
    windowAt(WINDOW - 1 + Math.floor(i * stride)),
  );
  const clusters = fitClusters(sample, CLUSTERS, seed);
  for (let t = WINDOW - 1; t < count; t++) result[t] = clusterDistance(clusters, windowAt(t));
  return result;
}
