import { useId, useState } from 'react';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { hostTitle } from '../pages/host-order.ts';
import { pages } from '../pages/index.ts';
import { matchesText } from '../parts/choseong.ts';
import { Dialog } from '../parts/dialog.tsx';
import { type Level, LevelShape } from '../parts/severity.tsx';
import { allHosts, allIncidents } from './hub-resources.ts';
import { useChoices } from './use-choices.ts';
import { useUrl } from './use-url.ts';

interface PaletteItem {
  readonly id: string;
  readonly group: 'page' | 'incident' | 'host' | 'command';
  readonly text: string;
  readonly detail: string;
  readonly level: Level | null;
  readonly run: () => void;
}

/** Most results of one group: what does not fit is found by typing one more letter. */
const MAX_PER_GROUP = 6;
const groups: readonly PaletteItem['group'][] = ['page', 'incident', 'host', 'command'];

/** Go, search and run by typing; Korean is found by syllable and by initial consonants. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n();
  const listId = useId();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const items = usePaletteItems();
  const found = groups.flatMap((group) =>
    items
      .filter((item) => item.group === group && matchesText(query, `${item.text} ${item.detail}`))
      .slice(0, MAX_PER_GROUP),
  );
  const current = found[Math.min(at, found.length - 1)];
  const run = (item: PaletteItem | undefined): void => {
    if (item === undefined) return;
    onClose();
    item.run();
  };
  return (
    <Dialog title={t('palette.title')} onClose={onClose} className="palette">
      <input
        role="combobox"
        aria-label={t('palette.open')}
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={current === undefined ? undefined : `${listId}-${current.id}`}
        placeholder={t('palette.placeholder')}
        autoComplete="off"
        maxLength={100}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          // While Korean is being composed, Enter ends the syllable; it must not run anything.
          if (event.nativeEvent.isComposing) return;
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step !== undefined) {
            event.preventDefault();
            setAt((found.length + Math.min(at, found.length - 1) + step) % Math.max(1, found.length));
          } else if (event.key === 'Enter') run(current);
        }}
      />
      <div id={listId} role="listbox" aria-label={t('palette.results')} className="palette-list">
        {found.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above answers the keys for its options
          <div
            key={item.id}
            id={`${listId}-${item.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={item === current}
            className="palette-item"
            onClick={() => run(item)}
          >
            <span className="palette-group quiet small">
              {found[index - 1]?.group === item.group ? '' : t(`palette.${item.group}`)}
            </span>
            {item.level !== null && <LevelShape level={item.level} />}
            <span className="cut">{item.text}</span>
            <span className="quiet cut">{item.detail}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="quiet palette-none">{t('palette.none')}</p>}
    </Dialog>
  );
}

function usePaletteItems(): readonly PaletteItem[] {
  const { api, cache } = useHub();
  const i18n = useI18n();
  const { go } = useUrl();
  const { toggleLanguage, toggleTheme } = useChoices();
  const hosts = useLoaded(allHosts(api)).value ?? [];
  const incidents = useLoaded(allIncidents(api)).value ?? [];
  return [
    ...pageItems(i18n, go),
    ...incidents.map((incident) => ({
      id: incident.id,
      group: 'incident' as const,
      text: i18n.pick(incident.title),
      detail: incident.id,
      level: incident.state === 'resolved' ? ('ok' as const) : incident.severity,
      run: () => go(`/incidents/${incident.id}`),
    })),
    ...hosts.map((host) => ({
      id: host.id,
      group: 'host' as const,
      text: hostTitle(host),
      detail: [host.agent, ...host.roles.map((role) => role.name)].join(' '),
      level: host.state,
      run: () => go(`/hosts/${encodeURIComponent(host.id)}`),
    })),
    command('theme', i18n.t('action.theme'), 't', toggleTheme),
    command('language', i18n.t('key.language'), 'l', toggleLanguage),
    command('refresh', i18n.t('key.refresh'), 'r', () => cache.refreshAll()),
    command('add-host', i18n.t('hosts.add'), '', () => go('/hosts', { tab: 'add' })),
  ];
}

function pageItems({ t }: I18n, go: (path: string) => void): PaletteItem[] {
  return pages
    .filter((page) => page.menu !== null)
    .map((page) => ({
      id: page.path,
      group: 'page',
      text: t(page.title),
      detail: page.menu?.goKey === undefined ? '' : `g ${page.menu.goKey.slice(3).toLowerCase()}`,
      level: null,
      run: () => go(page.path),
    }));
}

function command(id: string, text: string, detail: string, run: () => void): PaletteItem {
  return { id, group: 'command', text, detail, level: null, run };
}
