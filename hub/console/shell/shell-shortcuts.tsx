import { useHub } from '../api/use-loaded.ts';
import type { Overlay } from './shell.tsx';
import { isLive } from './time-range.ts';
import { useChoices } from './use-choices.ts';
import { usePages } from './use-pages.ts';
import { useShortcut } from './use-shortcuts.tsx';
import { useUrl } from './use-url.ts';

/** The keys that work on every page. */
export function ShellShortcuts(props: {
  readonly onOverlay: (overlay: Overlay) => void;
  readonly onToggleMenu: () => void;
}) {
  const { cache } = useHub();
  const { url, update } = useUrl();
  const pages = usePages();
  const { toggleLanguage, toggleTheme } = useChoices();
  useShortcut('palette', () => props.onOverlay('palette'));
  useShortcut('help', () => props.onOverlay('help'));
  useShortcut('time', () => document.getElementById('time-picker-button')?.click());
  useShortcut('refresh', () => cache.refreshAll());
  useShortcut('pause', isLive(url.range) ? () => update({ isPaused: !url.isPaused }, { replace: true }) : null);
  useShortcut('copy-link', () => void navigator.clipboard?.writeText(location.href).catch(() => null));
  useShortcut('collapse', props.onToggleMenu);
  useShortcut('theme', toggleTheme);
  useShortcut('language', toggleLanguage);
  return pages.map((page) => <GoShortcut key={page.path} path={page.path} goKey={page.menu?.goKey} />);
}

function GoShortcut({ path, goKey }: { readonly path: string; readonly goKey: string | undefined }) {
  const { go } = useUrl();
  useShortcut(`go:${goKey ?? ''}`, goKey === undefined ? null : () => go(path));
  return null;
}
