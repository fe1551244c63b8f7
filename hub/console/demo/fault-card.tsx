import type { DemoFault, Incident } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { useHub } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Chip } from '../parts/chip.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { FormError } from '../parts/form-error.tsx';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { Severity } from '../parts/severity.tsx';
import { useNow } from '../shell/use-now.ts';
import { useUrl } from '../shell/use-url.ts';

export interface FaultCardProps {
  readonly fault: DemoFault;
  readonly incidents: readonly Incident[];
  readonly isRevealed: boolean;
  readonly onReveal: () => void;
  readonly onChanged: () => void;
}

/** One way to break the shop. What a right answer would be stays hidden until it is asked for. */
export function FaultCard({ fault, incidents, isRevealed, onReveal, onChanged }: FaultCardProps) {
  const { t, pick, language } = useI18n();
  const { api } = useHub();
  const { error, isWaiting, act } = useAction();
  const title = pick(fault.title);
  const order = (): Promise<void> =>
    act(async () => {
      await api.orderDemoFault(fault.name, fault.active ? 'stop' : 'start');
      onChanged();
    });
  return (
    <article className={fault.active ? 'panel fault active' : 'panel fault'} aria-label={title}>
      <header>
        <h3>{title}</h3>
        <div className="end">
          <Chip>{t(`tier.${fault.tier}`)}</Chip>
        </div>
      </header>
      <div className="body">
        <p className="quiet-2">{pick(fault.description)}</p>
        <p className="fault-answer">
          <button type="button" className="link" aria-expanded={isRevealed} onClick={onReveal}>
            {t('demo.reveal')}
          </button>
          {isRevealed && (
            <span className="quiet-2"> {t('demo.rightAnswer', { target: entityTitle(fault.target, language) })}</span>
          )}
        </p>
        {fault.active && <OpenedIncidents incidents={incidents} target={fault.target} />}
        <FormError text={error === null ? null : t('demo.failed', { reason: error })} />
      </div>
      <footer className="row">
        <span className="grow small quiet">{fault.active ? <Since fault={fault} /> : t('demo.idle')}</span>
        <button
          type="button"
          className={fault.active ? 'button primary' : 'button'}
          aria-label={t(fault.active ? 'demo.stopNamed' : 'demo.startNamed', { title })}
          disabled={isWaiting}
          onClick={() => void order()}
        >
          {t(fault.active ? 'demo.stop' : 'demo.start')}
        </button>
      </footer>
    </article>
  );
}

function Since({ fault }: { readonly fault: DemoFault }) {
  const { t, format } = useI18n();
  const nowMs = useNow();
  const leftMs = fault.stopsByItselfAt === null ? null : Date.parse(fault.stopsByItselfAt) - nowMs;
  const [before = '', after = ''] = t('demo.activeSince', { time: '\n' }).split('\n');
  return (
    <>
      <span className="c-major">
        {before}
        {fault.startedAt !== null && <FormattedTime at={fault.startedAt} />}
        {after}
      </span>
      {leftMs !== null && leftMs > 0 && <> · {t('demo.stopsIn', { length: format.duration(leftMs) })}</>}
    </>
  );
}

function OpenedIncidents({
  incidents,
  target,
}: {
  readonly incidents: readonly Incident[];
  /** What a right first cause names. */
  readonly target: string;
}) {
  const { t, pick, language } = useI18n();
  const { href } = useUrl();
  if (incidents.length === 0) return <p className="quiet small">{t('demo.waiting')}</p>;
  return (
    <ul className="plain-list" aria-label={t('demo.opened')}>
      {incidents.map((incident) => (
        <li key={incident.id} className="fault-incident">
          <span className="row tight">
            <Severity level={incident.severity} isBare />
            <a className="link cut" href={href(`/incidents/${incident.id}`)}>
              {incident.id} {pick(incident.title)}
            </a>
          </span>
          <span className="quiet-2 small">
            {incident.topCause === null
              ? t('incident.noCause')
              : t(incident.topCause.entity === target ? 'demo.namedRight' : 'demo.namedOther', {
                  cause: entityTitle(incident.topCause.entity, language),
                })}
          </span>
        </li>
      ))}
    </ul>
  );
}
