import { useMemo, useRef } from 'react';
import type { Loaded } from '../api/resource.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Panel } from '../parts/panel.tsx';
import { EmptyState } from '../parts/states.tsx';
import type { ViewProps } from '../shell/define-page.tsx';
import { isLive, resolveRange, type TimeRange } from '../shell/time-range.ts';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';
import { ActivePanel } from './active-panel.tsx';
import { type Box, parseBox, printBox } from './box.ts';
import { BoxForm } from './box-form.tsx';
import { BoxList, boxTransactions } from './box-list.tsx';
import { type DotFilter, type DotSummary, summarize } from './dot-counts.ts';
import { DotRing } from './dot-ring.ts';
import type { XViewDots } from './dots-resource.ts';
import { IntervalTable } from './interval-table.tsx';
import type { Picture } from './painter.ts';
import { automaticTop, stepTop, topsMs } from './scale.ts';
import { TraceDrawer, traceOf } from './trace-drawer.tsx';
import { XViewCanvas } from './xview-canvas.tsx';
import './xview.css';

/** Part of the window that an arrow key moves. */
const PAN_SHARE = 0.25;

/** Every transaction of the range as a dot. A box selects some; the list tells which; a row's trace tells why. */
export function XViewView({ data, url }: ViewProps<{ readonly dots: XViewDots }>) {
  const { t, format, language } = useI18n();
  const { update } = useUrl();
  const loaded = data.dots;
  const dots = loaded.value;
  const chosen = useMemo(() => url.filter.split(',').filter((name) => name !== ''), [url.filter]);
  const filter = useFilter(dots, chosen, url.isErrorsOnly);
  const summary = useMemo(() => (dots === undefined ? null : summarize(dots, filter)), [dots, filter]);
  const topMs = useTop(url.topMs, summary);
  const box = parseBox(url.box);
  const isTable = url.tab === 'table';
  const selected = traceOf(url.selected);
  const windowAt = useWindow(url.range, loaded, url.isPaused);

  const select = (next: Box | null): void => update({ box: next === null ? null : printBox(next), selected: null });
  const zoom = (by: 1 | -1): void => update({ topMs: stepTop(topMs, by) }, { replace: true });
  const pan = (share: number): void => {
    const { fromMs, toMs } = windowAt();
    const byMs = (toMs - fromMs) * share;
    update({ range: { kind: 'absolute', fromMs: Math.round(fromMs + byMs), toMs: Math.round(toMs + byMs) } });
  };
  useShortcut('zoom-in', () => zoom(1));
  useShortcut('zoom-out', () => zoom(-1));
  useShortcut('errors-only', () => update({ isErrorsOnly: !url.isErrorsOnly }));
  useShortcut('close', box === null ? null : () => select(null));

  const pictureAt = (): Picture => ({
    ...(dots ?? nothing),
    ...filter,
    topMs,
    ...windowAt(),
  });
  const services = dots?.services ?? [];
  const toggle = (service: string): void => {
    const next = chosen.includes(service) ? chosen.filter((name) => name !== service) : [...chosen, service];
    update({ filter: next.join(',') });
  };
  const above = summary?.above[topsMs.findIndex((top) => top >= topMs)] ?? 0;
  const asked = windowAt();
  return (
    <>
      <PageAnswer>
        <Answer loaded={loaded} summary={summary} lengthMs={asked.toMs - asked.fromMs} />
      </PageAnswer>
      <div className="toolbar">
        <fieldset className="segments" aria-label={t('xview.services')}>
          <button type="button" aria-pressed={chosen.length === 0} onClick={() => update({ filter: '' })}>
            {t('xview.allServices')}
          </button>
          {services.map((service) => (
            <button type="button" key={service} aria-pressed={chosen.includes(service)} onClick={() => toggle(service)}>
              {entityTitle(service, language)}
            </button>
          ))}
        </fieldset>
        <button
          type="button"
          className="button"
          aria-pressed={url.isErrorsOnly}
          onClick={() => update({ isErrorsOnly: !url.isErrorsOnly })}
        >
          {t('xview.errorsOnly')} <kbd>e</kbd>
        </button>
        <span className="grow" />
        <button
          type="button"
          className="button"
          aria-pressed={isTable}
          onClick={() => update({ tab: isTable ? null : 'table' })}
        >
          {t(isTable ? 'xview.asPicture' : 'xview.asTable')}
        </button>
      </div>
      <div className={box === null && selected === null ? 'xview closed' : 'xview'}>
        <div className="xview-left">
          <Panel
            title={t('xview.title')}
            sub={dots !== undefined && summary !== null && <Shown dots={dots} summary={summary} />}
            className="fill xview-panel"
            loaded={loaded}
            end={above > 0 && <span className="c-accent">▲ {t('xview.above', { count: format.count(above) })}</span>}
            empty={({ services: known }) =>
              known.length === 0 ? <EmptyState title={t('xview.none')}>{t('xview.noneHint')}</EmptyState> : null
            }
          >
            {(value) =>
              isTable ? (
                <>
                  <BoxForm {...asked} box={box} onBox={select} />
                  <IntervalTable dots={value} filter={filter} {...asked} onBox={select} />
                </>
              ) : (
                <>
                  <XViewCanvas
                    label={t('xview.picture')}
                    pictureAt={pictureAt}
                    box={box}
                    onBox={select}
                    onMove={(step) => {
                      if (step === 'earlier' || step === 'later') pan(step === 'later' ? PAN_SHARE : -PAN_SHARE);
                      else zoom(step === 'up' ? -1 : 1);
                    }}
                  />
                  <Legend />
                </>
              )
            }
          </Panel>
          <ActivePanel />
        </div>
        {(box !== null || selected !== null) && (
          <div className="xview-right">
            {box !== null && (
              <Selected
                box={box}
                services={chosen.length === 0 ? null : chosen}
                isErrorsOnly={url.isErrorsOnly}
                selectedId={url.selected}
                onSelect={(id) => update({ selected: id }, { replace: url.selected !== null })}
                onClose={() => select(null)}
              />
            )}
            {selected !== null && <TraceDrawer {...selected} onClose={() => update({ selected: null })} />}
          </div>
        )}
      </div>
    </>
  );
}

/** Asks for the rows only while there is a box. */
function Selected(props: {
  readonly box: Box;
  readonly services: readonly string[] | null;
  readonly isErrorsOnly: boolean;
  readonly selectedId: string | null;
  readonly onSelect: (id: string) => void;
  readonly onClose: () => void;
}) {
  const { api } = useHub();
  const { box, services, isErrorsOnly, ...rest } = props;
  const loaded = useLoaded(boxTransactions(api, box, { services, isErrorsOnly }));
  const openTrace = (id: string): void => {
    props.onSelect(id);
    document.querySelector<HTMLElement>('.xview-right .drawer > .body')?.focus();
  };
  return <BoxList box={box} loaded={loaded} onOpen={openTrace} {...rest} />;
}

function Answer(props: {
  readonly loaded: Loaded<XViewDots>;
  readonly summary: DotSummary | null;
  readonly lengthMs: number;
}) {
  const { t, format } = useI18n();
  const { loaded, summary, lengthMs } = props;
  if (summary === null) return t(loaded.error === null ? 'xview.asking' : 'state.failed');
  if (summary.count === 0) return t('xview.none');
  const length = format.duration(lengthMs);
  const [count, failed] = [format.count(summary.count), format.count(summary.failed)];
  return summary.failed === 0 ? t('xview.answerCalm', { length, count }) : t('xview.answer', { length, count, failed });
}

function Shown({ dots, summary }: { readonly dots: XViewDots; readonly summary: DotSummary }) {
  const { t, format } = useI18n();
  const count = format.count(summary.count);
  return dots.grid === null
    ? t('xview.all', { count })
    : t('xview.heat', { count, step: format.duration(dots.grid.stepMs) });
}

function Legend() {
  const { t } = useI18n();
  return (
    <p className="xview-legend quiet small">
      <span>
        <kbd>←</kbd> <kbd>→</kbd> {t('xview.keyTime')}
      </span>
      <span>
        <kbd>+</kbd> <kbd>-</kbd> {t('xview.keyScale')}
      </span>
      <span className="grow">{t('xview.drag')}</span>
      <span className="row tight">
        <i className="swatch one" /> {t('xview.one')}
      </span>
      <span className="row tight">
        <i className="swatch many" /> {t('xview.many')}
      </span>
      <span className="c-critical">× {t('xview.error')}</span>
    </p>
  );
}

/** The same object while nothing changed: the painter compares it. */
function useFilter(dots: XViewDots | undefined, chosen: readonly string[], isErrorsOnly: boolean): DotFilter {
  const services = dots?.services;
  return useMemo(() => {
    const indexes = chosen.map((name) => services?.indexOf(name) ?? -1);
    return { services: chosen.length === 0 ? null : new Set(indexes), isErrorsOnly };
  }, [services, chosen, isErrorsOnly]);
}

/** The chosen top, else one that nearly every dot fits below. By itself it only grows: a scale that breathes is not read. */
function useTop(chosenMs: number | null, summary: DotSummary | null): number {
  const grown = useRef(0);
  const fitsMs = summary === null ? 0 : automaticTop((top) => summary.above[topsMs.indexOf(top)] ?? 0, summary.count);
  grown.current = Math.max(grown.current, fitsMs);
  return chosenMs ?? (grown.current || 1000);
}

/** What the picture covers at this very moment; held while paused, and while nothing new comes. */
function useWindow(range: TimeRange, loaded: Loaded<XViewDots>, isPaused: boolean) {
  const { atMs, isStale, value } = loaded;
  return (): { fromMs: number; toMs: number } => {
    const isMoving = isLive(range) && !isPaused && !isStale;
    const nowMs = isMoving || atMs === null ? Date.now() : atMs;
    return resolveRange(range, nowMs + (value?.skewMs ?? 0));
  };
}

const nothing = { ring: new DotRing(1), grid: null, version: 0, changedFromMs: 0 };
