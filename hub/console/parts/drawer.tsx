import { type ReactNode, useId } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useShortcut } from '../shell/use-shortcuts.tsx';

/** What stands at the right of a list: the chosen row in detail. Escape closes it. */
export function Drawer(props: {
  readonly title: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { t } = useI18n();
  const id = useId();
  useShortcut('close', props.onClose);
  return (
    <aside className="panel drawer" aria-labelledby={id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        <div className="end">
          <button type="button" className="button small" onClick={props.onClose}>
            <span className="hidden-text">{t('action.close')}</span>
            <kbd>Esc</kbd>
          </button>
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reachable by keyboard */}
      <section className="body" tabIndex={0} aria-label={t('drawer.content')}>
        {props.children}
      </section>
    </aside>
  );
}
