import { componentDistance, fitComponents } from '../../classical/components.ts';
import type { Table } from './table.ts';

/** Distance of each row from the principal subspace that explains 90 % of the fit rows. */
export function componentResidual({ rows, count, width }: Table, fitRows: number): Float64Array {
  const components = fitComponents(rows, width, fitRows);
  return Float64Array.from({ length: count }, (_, t) =>
    componentDistance(components, rows.subarray(t * width, (t + 1) * width)),
  );
}
