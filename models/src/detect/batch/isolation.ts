import { fitIsolationForest, isolationScore } from '../../classical/isolation-forest.ts';
import type { Table } from './table.ts';
import { firstRows, windowFeatures } from './window-features.ts';

/** How soon random cuts part each row's window features from those of the fit rows. */
export function isolationDepth(table: Table, fitRows: number, seed: number): Float64Array {
  const result = new Float64Array(table.count);
  if (fitRows < 2) return result;
  const features = windowFeatures(table);
  const forest = fitIsolationForest(firstRows(features, fitRows), { seed });
  return result.map((_, t) => isolationScore(forest, features.values, t * features.width));
}
