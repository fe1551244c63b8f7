import type { ReactNode } from 'react';
import { timeTicks } from '../charts/ticks.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FLIP_SHARE, labelGroups, staggerRows } from './lane-labels.ts';
import type { Level } from './severity.tsx';

export interface LaneItem {
  readonly id: string;
  readonly fromMs: number;
  /** Equal to `fromMs` for an instant. */
  readonly toMs: number;
  readonly level: Level | null;
  readonly text: string;
}

export interface Lane {
  readonly id: string;
  readonly label: ReactNode;
  readonly kind: 'instants' | 'spans';
  /** Names beside the marks; what is too close shares one. */
  readonly isNamed?: boolean;
  readonly items: readonly LaneItem[];
}

export interface LaneTimelineProps {
  readonly lanes: readonly Lane[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Lines through all lanes: detected, acknowledged, resolved. */
  readonly marks: readonly { readonly atMs: number; readonly text: string }[];
}

/** What a mark's words take of the lanes' width, in a narrow panel too. */
const MARK_SHARE = 0.24;
const MARK_ROW_PX = 16;

/** A tick's text needs room to its right: none stands in this last part of the axis. */
const EDGE_SHARE = 0.03;

/** What happened when, one lane per kind; what changed first stands on top. A list, so that it reads without the picture. */
export function LaneTimeline({ lanes, fromMs, toMs, marks }: LaneTimelineProps) {
  const { t, format } = useI18n();
  const place = (atMs: number): number => Math.min(100, Math.max(0, ((atMs - fromMs) / (toMs - fromMs)) * 100));
  const rows = staggerRows(
    marks.map(({ atMs }) => place(atMs) / 100),
    MARK_SHARE,
  );
  const headHeight = MARK_ROW_PX * (1 + Math.max(0, ...rows)) + 4;
  return (
    <div className="lanes" style={{ paddingTop: headHeight }}>
      <div className="lane-marks" aria-hidden="true">
        {marks.map((mark, index) => (
          <span
            key={mark.text + mark.atMs}
            className={place(mark.atMs) > FLIP_SHARE * 100 ? 'lane-mark flip' : 'lane-mark'}
            style={{ left: `${place(mark.atMs)}%`, top: MARK_ROW_PX * (rows[index] ?? 0) }}
          >
            <span>
              {mark.text} <span className="num">{format.clock(mark.atMs, true)}</span>
            </span>
          </span>
        ))}
      </div>
      <ul>
        {lanes.map((lane) => (
          <li key={lane.id} className="lane">
            <div className="lane-label">{lane.label}</div>
            {lane.isNamed === true && <LaneNames lane={lane} place={place} />}
            <ul className="lane-track">
              {lane.items.map((item) => {
                const left = place(item.fromMs);
                const isSpan = lane.kind === 'spans';
                const when = isSpan
                  ? t('lanes.span', { from: format.clock(item.fromMs, true), to: format.clock(item.toMs, true) })
                  : format.clock(item.fromMs, true);
                return (
                  <li
                    key={item.id}
                    title={`${item.text} · ${when}`}
                    className={`${isSpan ? 'lane-span' : 'lane-instant'} bg-${item.level ?? 'change'}`}
                    style={
                      isSpan
                        ? { left: `${left}%`, width: `${Math.max(0.4, place(item.toMs) - left)}%` }
                        : { left: `${left}%` }
                    }
                  >
                    <span className="hidden-text">
                      {item.text} {when}
                    </span>
                  </li>
                );
              })}
            </ul>
          </li>
        ))}
      </ul>
      <div className="lane-axis num" aria-hidden="true">
        {timeTicks(fromMs, toMs - (toMs - fromMs) * EDGE_SHARE, 7).map((tick) => (
          <span key={tick} style={{ left: `${place(tick)}%` }}>
            {format.clock(tick, toMs - fromMs < 240_000)}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Names of instants: hidden from ears, which get each item's own words. */
function LaneNames({ lane, place }: { readonly lane: Lane; readonly place: (atMs: number) => number }) {
  const { t } = useI18n();
  const groups = labelGroups(lane.items.map((item) => ({ share: place(item.fromMs) / 100, item })));
  return (
    <div className="lane-names" aria-hidden="true">
      {groups.map(({ first, others, share, side, roomShare }) => (
        <span
          key={first.id}
          className="cut small"
          style={{
            maxWidth: `calc(${roomShare * 100}% - 12px)`,
            ...(side === 'right'
              ? { left: `calc(${share * 100}% + 8px)` }
              : { right: `calc(${(1 - share) * 100}% + 8px)` }),
          }}
        >
          {others.length === 0 ? first.text : t('lanes.and', { text: first.text, count: others.length })}
        </span>
      ))}
    </div>
  );
}
