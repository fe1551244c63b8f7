import { Link } from 'wouter';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Icon } from '../parts/icon.tsx';
import { Severity } from '../parts/severity.tsx';
import { Brand } from './brand.tsx';
import type { MenuPlace, Page } from './define-page.tsx';
import { allHosts, allIncidents, demoFaults, hubHealth } from './hub-resources.ts';
import { usePages } from './use-pages.ts';
import { useUrl } from './use-url.ts';

const groups: readonly MenuPlace['group'][] = ['watch', 'fleet', 'control'];

export interface MenuProps {
  readonly isConnected: boolean;
  readonly isCollapsed: boolean;
  readonly onToggle: () => void;
}

/** The pages that exist, by group; its foot always says how the hub itself is. */
export function Menu({ isConnected, isCollapsed, onToggle }: MenuProps) {
  const { t } = useI18n();
  const pages = usePages();
  return (
    <nav className="menu" aria-label={t('shell.menu')}>
      <div className="brand">
        <Brand />
        <button
          type="button"
          className="button ghost menu-toggle"
          aria-label={t('shell.toggleMenu')}
          aria-expanded={!isCollapsed}
          onClick={onToggle}
        >
          <Icon name="menu" />
        </button>
      </div>
      <div className="menu-pages">
        {groups.map((group) => {
          const members = pages.filter((page) => page.menu?.group === group);
          if (members.length === 0) return null;
          return (
            <div key={group}>
              <h2>{t(`menu.${group}`)}</h2>
              {members.map((page) => (
                <MenuLink key={page.path} page={page} />
              ))}
            </div>
          );
        })}
      </div>
      <MenuFoot isConnected={isConnected} />
    </nav>
  );
}

function MenuLink({ page }: { readonly page: Page }) {
  const { t } = useI18n();
  const { path, href } = useUrl();
  const isCurrent = page.path === '/' ? path === '/' : path === page.path || path.startsWith(`${page.path}/`);
  return (
    <Link href={href(page.path)} aria-current={isCurrent ? 'page' : undefined} title={t(page.title)}>
      {page.menu !== null && <Icon name={page.menu.icon} />}
      <span className="menu-label">{t(page.title)}</span>
      {page.path === '/incidents' && <OpenIncidents />}
      {page.path === '/hosts' && <HostCount />}
      {page.menu?.isForDemo === true && <ActiveFaults />}
    </Link>
  );
}

function OpenIncidents() {
  const { api } = useHub();
  const { t, format } = useI18n();
  const { value } = useLoaded(allIncidents(api));
  const count = value?.filter(({ state }) => state !== 'resolved').length ?? 0;
  if (count === 0) return null;
  return (
    <span className="count hot">
      {format.count(count)} <span className="hidden-text">{t('menu.open')}</span>
    </span>
  );
}

function ActiveFaults() {
  const { api } = useHub();
  const { t, format } = useI18n();
  const count = useLoaded(demoFaults(api)).value?.filter(({ active }) => active).length ?? 0;
  if (count === 0) return null;
  return (
    <span className="count warm">
      {format.count(count)} <span className="hidden-text">{t('menu.faults')}</span>
    </span>
  );
}

function HostCount() {
  const { api } = useHub();
  const { format } = useI18n();
  const { value } = useLoaded(allHosts(api));
  return value === undefined ? null : <span className="count">{format.count(value.length)}</span>;
}

function MenuFoot({ isConnected }: { readonly isConnected: boolean }) {
  const { api } = useHub();
  const { t, format } = useI18n();
  const { href } = useUrl();
  const { value, isStale, error } = useLoaded(hubHealth(api));
  const isFine = value?.parts.every(({ ok }) => ok) === true && value.disk.guard === 'ok';
  const level = value === undefined || isStale ? 'stale' : isFine ? 'ok' : 'major';
  const known = value !== undefined && !isStale;
  const lagSeconds = known ? value.ingest.lagSeconds : null;
  return (
    <Link href={href('/settings/health')} className="menu-foot" title={t('page.health')}>
      <span>
        <span>{t('foot.hub')}</span>
        {value === undefined && error === null ? <span>…</span> : <Severity level={level} />}
      </span>
      <span>
        <span>{t('foot.lag')}</span>
        <span className="num">{lagSeconds === null ? '–' : format.latency(Math.round(lagSeconds * 10) / 10)}</span>
      </span>
      <span>
        <span>{t('foot.lost')}</span>
        <span className={known && value.ingest.rowsLost > 0 ? 'num c-major' : 'num'}>
          {known ? format.compact(value.ingest.rowsLost) : '–'}
        </span>
      </span>
      {!isConnected && <span className="c-minor">{t('foot.polling')}</span>}
    </Link>
  );
}
