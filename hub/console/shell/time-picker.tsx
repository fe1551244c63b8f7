import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import type { I18n } from '../i18n/i18n.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { LevelShape } from '../parts/severity.tsx';
import { hubHealth } from './hub-resources.ts';
import { fixRange, isLive, presetLengthsMs, resolveRange, type TimeRange } from './time-range.ts';
import { parseTypedRange, startOfDay } from './typed-range.ts';
import { printUrlState } from './url-state.ts';
import { useUrl } from './use-url.ts';

const DAY_MS = 86_400_000;

/** The time of every chart on the page: presets, or typed as one would say it. */
export function TimePicker() {
  const { t, ...i18n } = useI18n();
  const { url, update, path } = useUrl();
  const { api } = useHub();
  const popover = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState(false);

  const choose = (range: TimeRange): void => {
    setError(false);
    popover.current?.hidePopover();
    update({ range, isPaused: false });
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const range = parseTypedRange(input.current?.value ?? '', Date.now());
    if (range === null) setError(true);
    else choose(range);
  };
  useEffect(() => {
    const element = popover.current;
    const focus = (): void => {
      if (element?.matches(':popover-open')) input.current?.focus();
    };
    element?.addEventListener('toggle', focus);
    return () => element?.removeEventListener('toggle', focus);
  }, []);

  const health = useLoaded(hubHealth(api));
  const isHeard = !health.isStale && !(health.value === undefined && health.error !== null);
  const wantsLive = isLive(url.range) && !url.isPaused;
  const live = wantsLive && isHeard;
  const word = live ? 'time.live' : wantsLive ? 'level.stale' : url.isPaused ? 'time.paused' : 'time.fixed';
  return (
    <>
      <button type="button" id="time-picker-button" className="button" popoverTarget="time-picker">
        {wantsLive && <LevelShape level={live ? 'ok' : 'stale'} />}
        <span className={live ? undefined : 'c-minor'}>{t(word)}</span>
        <span className="quiet" aria-hidden="true">
          |
        </span>
        <span className="num">{describeRange(url.range, { t, ...i18n })}</span>
        <kbd>d</kbd>
      </button>
      <div ref={popover} id="time-picker" popover="auto" className="popover time-popover">
        <form onSubmit={submit}>
          <label htmlFor="time-text">{t('time.type')}</label>
          <input
            ref={input}
            id="time-text"
            placeholder={t('time.example')}
            aria-invalid={error}
            aria-describedby="time-hint"
            autoComplete="off"
            maxLength={100}
          />
          <p id="time-hint" className={error ? 'form-error' : 'quiet small'} role={error ? 'alert' : undefined}>
            {t(error ? 'time.unreadable' : 'time.hint')}
          </p>
        </form>
        <div className="presets">
          {presetLengthsMs.map((lastMs) => (
            <button
              type="button"
              key={lastMs}
              className="button ghost"
              aria-pressed={url.range.kind === 'relative' && url.range.lastMs === lastMs}
              onClick={() => choose({ kind: 'relative', lastMs })}
            >
              {describeRange({ kind: 'relative', lastMs }, { t, ...i18n })}
            </button>
          ))}
          <button
            type="button"
            className="button ghost"
            onClick={() => choose({ kind: 'absolute', fromMs: startOfDay(Date.now()), toMs: Date.now() })}
          >
            {t('time.today')}
          </button>
          <button type="button" className="button ghost" onClick={() => choose(shifted(url.range, DAY_MS))}>
            {t('time.yesterday')}
          </button>
          <button type="button" className="button ghost" onClick={() => choose(shifted(url.range, 7 * DAY_MS))}>
            {t('time.lastWeek')}
          </button>
        </div>
        <div className="row">
          <CopyButton
            label={t('time.copyFixed')}
            text={() =>
              location.origin +
              path +
              printUrlState({ ...url, range: fixRange(url.range, Date.now()), isPaused: false })
            }
          />
        </div>
      </div>
    </>
  );
}

function shifted(range: TimeRange, backMs: number): TimeRange {
  const { fromMs, toMs } = resolveRange(range, Date.now());
  return { kind: 'absolute', fromMs: fromMs - backMs, toMs: toMs - backMs };
}

export function describeRange(range: TimeRange, { t, format }: Pick<I18n, 't' | 'format'>): string {
  if (range.kind === 'absolute') return format.span(range.fromMs, range.toMs);
  return t('time.last', { length: format.duration(range.lastMs) });
}
