import { useRef } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { resolveRange, type TimeRange } from '../shell/time-range.ts';
import { summarize } from './dot-counts.ts';
import type { XViewDots } from './dots-resource.ts';
import { automaticTop, topsMs } from './scale.ts';
import { XViewCanvas } from './xview-canvas.tsx';
import './xview.css';

const everything = { services: null, isErrorsOnly: false };

/** @param props.atMs - where the picture stands still; `null` lets it go on */
export function MiniPicture(props: {
  readonly dots: XViewDots;
  readonly range: TimeRange;
  readonly atMs: number | null;
}) {
  const { t } = useI18n();
  const { dots, range, atMs } = props;
  const { above, count } = summarize(dots, everything);
  const highest = useRef(0);
  highest.current = Math.max(
    highest.current,
    automaticTop((top) => above[topsMs.indexOf(top)] ?? 0, count),
  );
  const topMs = highest.current;
  return (
    <XViewCanvas
      label={t('xview.mini')}
      pictureAt={() => ({
        ...dots,
        ...everything,
        topMs,
        ...resolveRange(range, (atMs ?? Date.now()) + dots.skewMs),
      })}
    />
  );
}
