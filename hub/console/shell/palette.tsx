import { useId, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { matchesText } from '../parts/choseong.ts';
import { Dialog } from '../parts/dialog.tsx';
import { LevelShape } from '../parts/severity.tsx';
import { type PaletteItem, paletteGroups, usePaletteItems } from './palette-items.ts';
import { addRecent, readRecent } from './recent.ts';

/** Most results of one group: what does not fit is found by typing one more letter. */
const MAX_PER_GROUP = 6;

/** Go, search and run by typing; Korean is found by syllable and by initial consonants. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n();
  const listId = useId();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const items = usePaletteItems();
  const [recent] = useState(readRecent);
  const found = query === '' ? withRecent(items, recent) : matching(items, query);
  const current = found[Math.min(at, found.length - 1)];
  const run = (item: Shown | undefined): void => {
    if (item === undefined) return;
    onClose();
    addRecent(item.id);
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

interface Shown extends Omit<PaletteItem, 'group'> {
  readonly group: PaletteItem['group'] | 'recent';
}

const ofGroups = (items: readonly PaletteItem[]): Shown[] =>
  paletteGroups.flatMap((group) => items.filter((item) => item.group === group).slice(0, MAX_PER_GROUP));

const matching = (items: readonly PaletteItem[], query: string): Shown[] =>
  ofGroups(items.filter((item) => matchesText(query, `${item.text} ${item.detail}`)));

/** What was chosen last stands first; it is not listed twice. */
function withRecent(items: readonly PaletteItem[], recent: readonly string[]): Shown[] {
  const known = recent.map((id) => items.find((item) => item.id === id)).filter((item) => item !== undefined);
  return [
    ...known.map((item) => ({ ...item, group: 'recent' as const })),
    ...ofGroups(items.filter(({ id }) => !recent.includes(id))),
  ];
}
