import { useI18n } from '../i18n/i18n.tsx';
import { type Level, LevelShape, levelMessage, levelRank } from './severity.tsx';

export interface FleetCell {
  readonly id: string;
  readonly name: string;
  readonly level: Level;
  readonly href: string;
}

export interface FleetRow {
  readonly tier: string;
  readonly detail: string;
  readonly cells: readonly FleetCell[];
}

/** Cells drawn in one row of the fleet; the rest is a number that leads to the list. */
export const MAX_CELLS = 300;

/** Each host as one cell by what runs on it: grey while fine, a shape when not. */
export function FleetCells({ rows }: { readonly rows: readonly FleetRow[] }) {
  const { t, format } = useI18n();
  return (
    <div className="fleet">
      {rows.map((row) => (
        <div className="fleet-row" key={row.tier}>
          <div>
            <div className="strong">{row.tier}</div>
            <div className="small quiet cut">{row.detail}</div>
          </div>
          <ul className="cells" aria-label={row.tier}>
            {row.cells.slice(0, MAX_CELLS).map((cell) => (
              <li key={cell.id}>
                <a
                  className={cell.level === 'ok' ? 'cell' : 'cell marked'}
                  href={cell.href}
                  title={`${cell.name} · ${t(levelMessage(cell.level))}`}
                  aria-label={`${cell.name}, ${t(levelMessage(cell.level))}`}
                >
                  {cell.level !== 'ok' && <LevelShape level={cell.level} />}
                </a>
              </li>
            ))}
          </ul>
          <RowSummary cells={row.cells} />
          <div className="num right">{t('fleet.hosts', { count: format.count(row.cells.length) })}</div>
        </div>
      ))}
    </div>
  );
}

function RowSummary({ cells }: { readonly cells: readonly FleetCell[] }) {
  const { t } = useI18n();
  const counts = new Map<Level, number>();
  for (const { level } of cells) if (level !== 'ok') counts.set(level, (counts.get(level) ?? 0) + 1);
  if (counts.size === 0) return <div className="quiet small right">{t('fleet.allOk')}</div>;
  return (
    <div className="row end-row">
      {[...counts]
        .toSorted(([a], [b]) => levelRank(a) - levelRank(b))
        .map(([level, count]) => (
          <span className="row tight" key={level}>
            <LevelShape level={level} />
            <span className="hidden-text">{t(levelMessage(level))}</span>
            <span className="num">{count}</span>
          </span>
        ))}
    </div>
  );
}
