import type { DemoFault, DemoShopAnswer } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Chip } from '../parts/chip.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { LevelShape } from '../parts/severity.tsx';

const levelOf = { running: 'ok', starting: 'info', stopped: 'critical' } as const;

/** The shop's tiers from the users to the database, each with the program that really runs, and where a fault is now. */
export function ShopPicture({
  shop,
  faults,
}: {
  readonly shop: DemoShopAnswer;
  readonly faults: readonly DemoFault[];
}) {
  const { t, pick, language } = useI18n();
  return (
    <ol className="shop">
      {shop.tiers.map((tier) => {
        const broken = faults.filter(
          (fault) => fault.active && (fault.tier === tier.name || fault.target === tier.entity),
        );
        return (
          <li key={tier.entity} className={broken.length > 0 ? 'shop-tier broken' : 'shop-tier'}>
            <div className="row">
              <span className="strong grow">{pick(tier.title)}</span>
              <span className="row tight small">
                <LevelShape level={levelOf[tier.state]} /> {t(`demo.state.${tier.state}`)}
              </span>
            </div>
            <div className="row small quiet">
              <span className="grow cut">{tier.program}</span>
              <span className="cut">{entityTitle(tier.entity, language)}</span>
            </div>
            {tier.isStandIn && (
              <div className="small">
                <Chip tone="major">{t('demo.standIn')}</Chip>{' '}
                <span className="quiet-2">{tier.standInReason === null ? '' : pick(tier.standInReason)}</span>
              </div>
            )}
            {tier.url?.startsWith('http://') === true && (
              <a className="link small" href={tier.url} target="_blank" rel="noreferrer">
                {t('demo.openShop')}
              </a>
            )}
            {broken.map((fault) => (
              <div key={fault.name} className="small c-major">
                {pick(fault.title)}
              </div>
            ))}
          </li>
        );
      })}
    </ol>
  );
}
