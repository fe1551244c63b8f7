import { useI18n } from '../i18n/i18n.tsx';
import type { MessageKey } from '../i18n/translate.ts';
import { Dialog } from '../parts/dialog.tsx';
import type { Action } from './shortcuts.ts';
import { usePages } from './use-pages.ts';
import { useKnownActions } from './use-shortcuts.tsx';

const keys: readonly (readonly [Action, readonly string[], MessageKey])[] = [
  ['palette', ['⌘/Ctrl', 'K'], 'key.palette'],
  ['filter', ['/'], 'key.filter'],
  ['next', ['j'], 'key.next'],
  ['previous', ['k'], 'key.previous'],
  ['open', ['Enter'], 'key.open'],
  ['close', ['Esc'], 'key.close'],
  ['time', ['d'], 'key.time'],
  ['refresh', ['r'], 'key.refresh'],
  ['pause', ['Space'], 'key.pause'],
  ['evidence:E1', ['1', '…', '9'], 'key.evidence'],
  ['note', ['m'], 'key.note'],
  ['zoom-in', ['+'], 'key.zoomIn'],
  ['zoom-out', ['-'], 'key.zoomOut'],
  ['errors-only', ['e'], 'key.errorsOnly'],
  ['copy-link', ['c'], 'key.copyLink'],
  ['collapse', ['['], 'key.collapse'],
  ['theme', ['t'], 'key.theme'],
  ['language', ['l'], 'key.language'],
  ['help', ['?'], 'key.help'],
];

/** The keys of this page: only what something on it answers. */
export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n();
  const pages = usePages();
  const known = useKnownActions()();
  return (
    <Dialog title={t('key.title')} onClose={onClose} className="wide">
      <dl className="keys">
        {keys
          .filter(([action]) => known.has(action))
          .map(([action, caps, message]) => (
            <KeyLine key={action} caps={caps} text={t(message)} />
          ))}
        {pages.map(
          ({ path, title, menu }) =>
            menu?.goKey !== undefined && (
              <KeyLine
                key={path}
                caps={['g', menu.goKey.slice(3).toLowerCase()]}
                text={t('key.go', { page: t(title) })}
              />
            ),
        )}
      </dl>
    </Dialog>
  );
}

function KeyLine({ caps, text }: { readonly caps: readonly string[]; readonly text: string }) {
  return (
    <div>
      <dt>{text}</dt>
      <dd>
        {caps.map((cap) => (
          <kbd key={cap}>{cap}</kbd>
        ))}
      </dd>
    </div>
  );
}
