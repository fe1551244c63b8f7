import { type FormEvent, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { FormError } from '../parts/form-error.tsx';
import { SEOUL_OFFSET_MS } from '../shell/time-range.ts';
import { type Box, isSound } from './box.ts';

const DAY_MS = 86_400_000;

/** `14:10`, `14:10:05` in Seoul: the latest such time that is not after `untilMs`. */
export function readClock(text: string, untilMs: number): number | null {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim());
  if (match === null) return null;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  if (hours === undefined || minutes === undefined || hours > 23 || minutes > 59 || (seconds ?? 0) > 59) return null;
  const midnightMs = Math.floor((untilMs + SEOUL_OFFSET_MS) / DAY_MS) * DAY_MS - SEOUL_OFFSET_MS;
  const atMs = midnightMs + ((hours * 60 + minutes) * 60 + (seconds ?? 0)) * 1000;
  return atMs > untilMs ? atMs - DAY_MS : atMs;
}

/** Selects a part of the picture by typing. */
export function BoxForm(props: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly box: Box | null;
  readonly onBox: (box: Box) => void;
}) {
  const { t, format } = useI18n();
  const { box, onBox } = props;
  const [isRefused, setIsRefused] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string): string => String(fields.get(name) ?? '').trim();
    const toMs = readClock(text('to'), props.toMs + 1000);
    const fromMs = toMs === null ? null : readClock(text('from'), toMs);
    const [low, high] = [Number(text('low')) * 1000, text('high') === '' ? null : Number(text('high')) * 1000];
    const made = { fromMs: fromMs ?? -1, toMs: toMs ?? -1, lowMs: Math.round(low), highMs: high && Math.round(high) };
    const isGood = [low, high ?? 0].every((value) => value >= 0) && isSound(made);
    setIsRefused(!isGood);
    if (isGood) onBox(made);
  };
  const seconds = (ms: number | null): string => (ms === null ? '' : String(ms / 1000));
  return (
    <form key={JSON.stringify(box)} className="box-form" aria-label={t('xview.form')} onSubmit={submit}>
      <label>
        {t('xview.from')}
        <input name="from" defaultValue={format.clock(box?.fromMs ?? props.fromMs, true)} maxLength={8} />
      </label>
      <label>
        {t('xview.to')}
        <input name="to" defaultValue={format.clock(box?.toMs ?? props.toMs, true)} maxLength={8} />
      </label>
      <label>
        {t('xview.low')}
        <input name="low" inputMode="decimal" defaultValue={seconds(box?.lowMs ?? 1000)} maxLength={8} />
      </label>
      <label>
        {t('xview.high')}
        <input
          name="high"
          inputMode="decimal"
          placeholder={t('xview.noLimit')}
          defaultValue={seconds(box?.highMs ?? null)}
          maxLength={8}
        />
      </label>
      <button type="submit" className="button">
        {t('xview.select')}
      </button>
      <FormError text={isRefused ? t('xview.formBad') : null} />
    </form>
  );
}
