import { isMissing } from '../api/problem.ts';
import type { DemoFault, DemoShopAnswer, Incident } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { FormError } from '../parts/form-error.tsx';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Panel } from '../parts/panel.tsx';
import { EmptyState } from '../parts/states.tsx';
import type { ViewProps } from '../shell/define-page.tsx';
import { useUrl } from '../shell/use-url.ts';
import { FaultCard } from './fault-card.tsx';
import { incidentsSince } from './incidents-since.ts';
import { ShopPicture } from './shop-picture.tsx';

export type DemoData = {
  readonly faults: readonly DemoFault[];
  readonly shop: DemoShopAnswer;
  readonly incidents: readonly Incident[];
};

/** Break something, and be told why: the shop, eight ways to break it, and the incident that each one opened. */
export function DemoView({ data, url }: ViewProps<DemoData>) {
  const i18n = useI18n();
  const { t, pick, format } = i18n;
  const { update, href } = useUrl();
  const faults = data.faults.value ?? [];
  const active = faults.filter((fault) => fault.active);
  const opened = (fault: DemoFault) => incidentsSince(fault, faults, data.incidents.value ?? []);
  const all = [...new Map(active.flatMap(opened).map((incident) => [incident.id, incident])).values()];
  const [newest] = all;
  const refused = faults.find(({ name }) => name === url.tab);
  if (data.faults.value === undefined && data.faults.error !== null && isMissing(data.faults.error)) {
    return <EmptyState title={t('demo.none')}>{t('demo.noneHint')}</EmptyState>;
  }
  return (
    <>
      <PageAnswer
        note={t('demo.note')}
        action={
          newest !== undefined && (
            <a className="button primary" href={href(`/incidents/${newest.id}`)}>
              {t('overview.open')}
            </a>
          )
        }
      >
        {data.faults.value === undefined ? t('demo.asking') : sentence(active, all.length, i18n)}
      </PageAnswer>
      <FormError text={refused === undefined ? null : t('palette.refused', { title: pick(refused.title) })} />
      <Panel
        title={t('demo.shop')}
        sub={t('demo.shopSub')}
        loaded={data.shop}
        end={
          data.shop.value !== undefined && (
            <span className="num">
              {t('demo.load', { rate: format.count(data.shop.value.load.requestsPerSecond) })} ·{' '}
              {pick(data.shop.value.load.phase)}
            </span>
          )
        }
      >
        {(shop) => <ShopPicture shop={shop} faults={faults} />}
      </Panel>
      <Panel
        title={t('demo.faults', { count: format.count(faults.length) })}
        sub={t('demo.faultsSub')}
        loaded={data.faults}
        className="bare"
      >
        {(value) => (
          <div className="faults">
            {value.map((fault) => (
              <FaultCard
                key={fault.name}
                fault={fault}
                incidents={opened(fault)}
                isRevealed={url.selected === fault.name}
                onReveal={() =>
                  update({ selected: url.selected === fault.name ? null : fault.name }, { replace: true })
                }
                onChanged={() => {
                  data.faults.reload();
                  data.shop.reload();
                }}
              />
            ))}
          </div>
        )}
      </Panel>
    </>
  );
}

function sentence(active: readonly DemoFault[], incidentCount: number, { t, pick, format }: I18n): string {
  const [first] = active;
  if (first === undefined) return t('demo.answerIdle');
  const count = format.count(incidentCount);
  if (active.length > 1) {
    const faults = format.count(active.length);
    return incidentCount === 0 ? t('demo.answerMany', { count: faults }) : t('demo.answerFoundMany', { faults, count });
  }
  const title = pick(first.title);
  return incidentCount === 0 ? t('demo.answerActive', { title }) : t('demo.answerFound', { title, count });
}
