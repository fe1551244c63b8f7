import { useMemo } from 'react';
import { linesOf } from '../charts/chart-data.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { windowOf } from '../pages/metric-resource.ts';
import type { UxData } from '../pages/ux.ts';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Panel } from '../parts/panel.tsx';
import { EmptyState, LoadingState } from '../parts/states.tsx';
import type { ViewProps } from '../shell/define-page.tsx';
import { useUrl } from '../shell/use-url.ts';
import { CallTable, PageTable } from './page-tables.tsx';
import { callsOf, pagesOf, ratingOf, sitesOf, type VisitorAnswers, vitalShares, waysOf } from './visitor-figures.ts';
import { VitalBars } from './vital-bars.tsx';
import { WayList } from './way-list.tsx';

/** How visitors of a site fare: their vitals, the pages and calls that hurt them, and the ways they take. */
export function UxView({ data, url }: ViewProps<UxData>) {
  const { t } = useI18n();
  const { update } = useUrl();
  const answers = useAnswers(data);
  const sites = useMemo(() => sitesOf(answers), [answers]);
  const site = sites.find((name) => name === url.filter) ?? sites[0];
  const isAsking = data.views.value === undefined && data.views.error === null;
  if (site === undefined) {
    return (
      <>
        <PageAnswer>{isAsking ? t('ux.asking') : t('ux.none')}</PageAnswer>
        {isAsking ? <LoadingState /> : <HowTo />}
      </>
    );
  }
  return (
    <>
      <PageAnswer>
        <Answer answers={answers} site={site} />
      </PageAnswer>
      {sites.length > 1 && (
        <div className="toolbar">
          <fieldset className="segments" aria-label={t('ux.sites')}>
            {sites.map((name) => (
              <button key={name} type="button" aria-pressed={name === site} onClick={() => update({ filter: name })}>
                {name}
              </button>
            ))}
          </fieldset>
        </div>
      )}
      <div className="columns">
        <div className="stack">
          <Panel title={t('ux.vitals')} sub={t('ux.vitalsSub')} loaded={data.ratings}>
            {() => <VitalBars shares={vitalShares(answers, site)} />}
          </Panel>
          <Panel title={t('ux.pages')} sub={t('ux.pagesSub')} loaded={data.views} className="flush">
            {() => <PageTable pages={pagesOf(answers, site)} />}
          </Panel>
          <Panel title={t('ux.calls')} sub={t('ux.callsSub')} loaded={data.calls} className="flush">
            {() => <CallTable calls={callsOf(answers, site)} />}
          </Panel>
        </div>
        <div className="stack">
          <ChartPanel
            title={t('ux.visits')}
            loaded={data.visits}
            read={(answer) => ({
              times: answer.times,
              stepMs: answer.stepSeconds * 1_000,
              unit: '',
              lines: linesOf(answer, ({ attributes }) => attributes['service.name'] ?? null),
            })}
            window={windowOf(url.range)}
            onZoom={(fromMs, toMs) =>
              update({ range: { kind: 'absolute', fromMs: Math.round(fromMs), toMs: Math.round(toMs) } })
            }
          />
          <Panel title={t('ux.ways')} sub={t('ux.waysSub')} loaded={data.steps}>
            {() => <WayList ways={waysOf(answers, site)} />}
          </Panel>
        </div>
      </div>
    </>
  );
}

/** One object while nothing new came. */
function useAnswers(data: ViewProps<UxData>['data']): VisitorAnswers {
  const { ratings, durations, views, errors, calls, callDurations, steps, exits, visits } = data;
  return useMemo(
    () => ({
      ratings: ratings.value,
      durations: durations.value,
      views: views.value,
      errors: errors.value,
      calls: calls.value,
      callDurations: callDurations.value,
      steps: steps.value,
      exits: exits.value,
      visits: visits.value,
    }),
    [
      ratings.value,
      durations.value,
      views.value,
      errors.value,
      calls.value,
      callDurations.value,
      steps.value,
      exits.value,
      visits.value,
    ],
  );
}

/** What hurts visitors most, in one sentence. */
function Answer({ answers, site }: { readonly answers: VisitorAnswers; readonly site: string }) {
  const { t, format } = useI18n();
  const bad = vitalShares(answers, site).filter((share) => ratingOf(share) === 'poor');
  const [worst] = pagesOf(answers, site);
  const [call] = callsOf(answers, site);
  if (bad.length > 0 && worst !== undefined && worst.poor > 0) {
    return t('ux.answerSlow', {
      site,
      vitals: bad.map(({ vital }) => vital.toUpperCase()).join(', '),
      page: worst.route,
      count: format.count(worst.poor),
    });
  }
  if (call !== undefined && call.failed >= 1) {
    return t('ux.answerFailing', { site, route: call.route, count: format.count(call.failed) });
  }
  const errors = pagesOf(answers, site).reduce((sum, page) => sum + page.errors, 0);
  return errors >= 1 ? t('ux.answerErrors', { site, count: format.count(errors) }) : t('ux.answerWell', { site });
}

const AGENT_YAML = `collectors:
  rum:
    listen: 127.0.0.1:8735
    sites:
      - { key: shop-2026, name: shop, origins: [ 'https://shop.example.kr' ] }`;
const NGINX =
  'location /airis-rum/ { proxy_pass http://127.0.0.1:8735; proxy_set_header X-Forwarded-For $remote_addr; }';
const PAGE = '<script src="/airis-rum/script.js" data-key="shop-2026" async></script>';

function HowTo() {
  const { t } = useI18n();
  return (
    <EmptyState title={t('ux.howTo')}>
      <ol className="plain-list">
        {[
          [t('ux.howToAgent'), AGENT_YAML],
          [t('ux.howToProxy'), NGINX],
          [t('ux.howToPage'), PAGE],
        ].map(([text, code]) => (
          <li key={text}>
            {text}
            <pre className="command">
              <code>{code}</code>
            </pre>
          </li>
        ))}
      </ol>
      <p>{t('ux.howToPrivacy')}</p>
    </EmptyState>
  );
}
