import { timeTicks } from '../charts/ticks.ts';
import { useI18n } from '../i18n/i18n.tsx';
import type { Box } from './box.ts';
import { type DotFilter, type Interval, intervalEdgesMs, intervals } from './dot-counts.ts';
import type { XViewDots } from './dots-resource.ts';

const MAX_ROWS = 14;

/** The picture for those who do not see it: how many transactions in each span of time and elapsed time, each a button that selects them. */
export function IntervalTable(props: {
  readonly dots: XViewDots;
  readonly filter: DotFilter;
  readonly fromMs: number;
  readonly toMs: number;
  readonly onBox: (box: Box) => void;
}) {
  const { t, format } = useI18n();
  const { dots, filter, fromMs, toMs, onBox } = props;
  const ticks = timeTicks(fromMs, toMs, MAX_ROWS).filter((tick) => tick > fromMs && tick < toMs);
  const rows = intervals(dots, filter, [fromMs, ...ticks, toMs]).toReversed();
  const withSeconds = toMs - fromMs < 30 * 60_000;
  const timeOf = ({ fromMs: from, toMs: to }: Box): string =>
    `${format.clock(from, withSeconds)}–${format.clock(to, withSeconds)}`;
  const elapsedOf = ({ lowMs, highMs }: Pick<Box, 'lowMs' | 'highMs'>): string => {
    const low = format.latency(lowMs / 1000);
    return highMs === null
      ? t('xview.orMore', { low })
      : t('xview.between', { low, high: format.latency(highMs / 1000) });
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reachable by keyboard
    <section className="interval-table" tabIndex={0} aria-label={t('xview.asTable')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('xview.interval')}</th>
            {intervalEdgesMs.map((lowMs, column) => (
              <th scope="col" className="right" key={lowMs}>
                {elapsedOf({ lowMs, highMs: intervalEdgesMs[column + 1] ?? null })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr key={cells[0]?.fromMs}>
              <th scope="row" className="num">
                {cells[0] !== undefined && timeOf(cells[0])}
              </th>
              {cells.map((cell) => (
                <td className="num right" key={cell.lowMs}>
                  <Cell cell={cell} time={timeOf(cell)} elapsed={elapsedOf(cell)} onBox={onBox} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell(props: {
  readonly cell: Interval;
  readonly time: string;
  readonly elapsed: string;
  readonly onBox: (box: Box) => void;
}) {
  const { t, format } = useI18n();
  const { cell, time, elapsed, onBox } = props;
  if (cell.count === 0) return <span className="quiet">0</span>;
  const { fromMs, toMs, lowMs, highMs } = cell;
  const [count, failed] = [format.count(cell.count), format.count(cell.failed)];
  return (
    <button type="button" className="link" onClick={() => onBox({ fromMs, toMs, lowMs, highMs })}>
      {count}
      {cell.failed > 0 && <span className="c-critical"> ×{failed}</span>}
      <span className="hidden-text"> {t('xview.cell', { time, elapsed, count, failed })}</span>
    </button>
  );
}
