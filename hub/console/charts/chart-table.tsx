import { useI18n } from '../i18n/i18n.tsx';
import type { ChartData } from './chart-data.ts';

/** Rows shown of a chart's values, newest first. */
export const MAX_TABLE_ROWS = 200;

/** The same values as the picture, for reading, for the keyboard and for screen readers. */
export function ChartTable({ label, data }: { readonly label: string; readonly data: ChartData }) {
  const { t, format } = useI18n();
  const rows = data.times
    .map((timeMs, index) => ({ timeMs, index }))
    .toReversed()
    .slice(0, MAX_TABLE_ROWS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reachable by keyboard
    <section className="chart-table" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('chart.time')}</th>
            {data.lines.map((line) => (
              <th scope="col" className="right" key={line.label}>
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ timeMs, index }) => (
            <tr key={timeMs}>
              <th scope="row" className="num">
                {format.clock(timeMs, true)}
              </th>
              {data.lines.map((line) => (
                <td className="num right" key={line.label}>
                  {format.metric(line.values[index] ?? null, data.unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
