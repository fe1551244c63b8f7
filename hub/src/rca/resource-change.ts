import { indexOf } from './case-index.ts';
import { defineRcaMethod, type Measure } from './rca-method.ts';
import { changeWords } from './reason-words.ts';
import type { SeriesChange } from './series-change.ts';

/** Resources whose rise makes a service slow. Memory and traffic change with load alone and prove nothing. */
const resources: readonly Measure[] = ['cpu', 'disk', 'saturation'];
/** Below this distance from usual a rise is not told. */
const LEAST_CHANGE = 1;

/** The service's own resource rose clearly: it is a closer suspect than those that only became slow. */
export const resourceChange = defineRcaMethod({
  name: 'resource-change',
  version: '1',
  suspects(facts) {
    const index = indexOf(facts);
    return facts.entities.flatMap((entity) => {
      const risen = resources
        .flatMap((measure) => index.own(entity, measure))
        .filter((change) => change.up >= LEAST_CHANGE)
        .sort((a, b) => b.up - a.up);
      const most = risen[0];
      return most === undefined
        ? []
        : [{ entity, metric: most.series.metric, reasons: [{ weight: Math.log1p(most.up), ...told(most) }] }];
    });
  },
});

const told = (change: SeriesChange) => ({
  text: changeWords(change, '자체 자원 사용이 늘었습니다', 'its own resource use rose'),
  ref: { kind: 'series', id: change.series.metric } as const,
});
