import { fitOneClassSvm, svmScore } from '../../classical/one-class-svm.ts';
import type { Table } from './table.ts';
import { firstRows, windowFeatures } from './window-features.ts';

/** How unlike the boundary of the fit rows each row's window features are. */
export function supportDistance(table: Table, fitRows: number, seed: number): Float64Array {
  const result = new Float64Array(table.count);
  if (fitRows < 2) return result;
  const features = windowFeatures(table);
  const svm = fitOneClassSvm(firstRows(features, fitRows), { seed });
  return result.map((_, t) => svmScore(svm, features.values, t * features.width));
}
