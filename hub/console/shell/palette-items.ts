import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { hostTitle } from '../pages/host-order.ts';
import { entityTitle } from '../parts/entity-name.ts';
import type { Level } from '../parts/severity.tsx';
import { allHosts, allIncidents, demoFaults, demoPresence, serviceMap } from './hub-resources.ts';
import { useChoices } from './use-choices.ts';
import { usePages } from './use-pages.ts';
import { useUrl } from './use-url.ts';

export const paletteGroups = ['page', 'incident', 'service', 'host', 'fault', 'command'] as const;

export interface PaletteItem {
  readonly id: string;
  readonly group: (typeof paletteGroups)[number];
  readonly text: string;
  readonly detail: string;
  readonly level: Level | null;
  readonly run: () => void;
}

/** Everything that the palette can go to or do. What is open stands before what is over. */
export function usePaletteItems(): readonly PaletteItem[] {
  const { api, cache } = useHub();
  const { t, pick, language } = useI18n();
  const { go } = useUrl();
  const { toggleLanguage, toggleTheme } = useChoices();
  const hosts = useLoaded(allHosts(api)).value ?? [];
  const incidents = useLoaded(allIncidents(api)).value ?? [];
  const services = useLoaded(serviceMap(api)).value?.nodes ?? [];
  const command = (id: string, text: string, detail: string, run: () => void): PaletteItem => ({
    id,
    group: 'command',
    text,
    detail,
    level: null,
    run,
  });
  return [
    ...usePages()
      .filter((page) => page.menu !== null)
      .map(
        ({ path, title, menu }): PaletteItem => ({
          id: path,
          group: 'page',
          text: t(title),
          detail: menu?.goKey === undefined ? '' : `g ${menu.goKey.slice(3).toLowerCase()}`,
          level: null,
          run: () => go(path),
        }),
      ),
    ...incidents
      .toSorted((a, b) => Number(a.state === 'resolved') - Number(b.state === 'resolved'))
      .map(
        (incident): PaletteItem => ({
          id: incident.id,
          group: 'incident',
          text: pick(incident.title),
          detail: incident.id,
          level: incident.state === 'resolved' ? 'ok' : incident.severity,
          run: () => go(`/incidents/${incident.id}`),
        }),
      ),
    ...services.map(
      ({ entity, role, state }): PaletteItem => ({
        id: entity,
        group: 'service',
        text: entityTitle(entity, language),
        detail: role ?? '',
        level: state,
        run: () => go('/map', { selected: entity }),
      }),
    ),
    ...hosts.map(
      (host): PaletteItem => ({
        id: host.id,
        group: 'host',
        text: hostTitle(host),
        detail: [host.agent, ...host.roles.map((role) => role.name)].join(' '),
        level: host.state,
        run: () => go(`/hosts/${encodeURIComponent(host.agent)}`),
      }),
    ),
    ...useFaultItems(),
    command('theme', t('action.theme'), 't', toggleTheme),
    command('language', t('key.language'), 'l', toggleLanguage),
    command('refresh', t('key.refresh'), 'r', () => cache.refreshAll()),
    command('add-host', t('hosts.add'), '', () => go('/hosts', { tab: 'add' })),
  ];
}

/** Start what is off, stop what is on; the page then shows what came of it, also a refusal (`tab=` names the fault). */
function useFaultItems(): readonly PaletteItem[] {
  const { api } = useHub();
  const hasDemo = useLoaded(demoPresence(api)).value === true;
  const { cache } = useHub();
  const { t, pick } = useI18n();
  const { go } = useUrl();
  const faults = useLoaded(hasDemo ? demoFaults(api) : noFaults).value ?? [];
  return faults.map(({ name, title, active, tier }) => ({
    id: `fault ${name}`,
    group: 'fault',
    text: t(active ? 'palette.stopFault' : 'palette.startFault', { title: pick(title) }),
    detail: t(`tier.${tier}`),
    level: active ? 'major' : null,
    run: () => {
      go('/demo');
      void api.orderDemoFault(name, active ? 'stop' : 'start').then(
        () => cache.refreshAll(),
        () => go('/demo', { tab: name }),
      );
    },
  }));
}

const noFaults = { key: 'no faults', fetch: async () => [], everyMs: null };
