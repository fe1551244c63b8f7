import { useEffect, useRef, useState } from 'react';
import { Route, Switch } from 'wouter';
import { followEvents } from '../api/event-stream.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import type { SessionControl } from '../api/use-session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { pages } from '../pages/index.ts';
import { EmptyState } from '../parts/states.tsx';
import type { Page, PageParams } from './define-page.tsx';
import { allIncidents } from './hub-resources.ts';
import { Menu } from './menu.tsx';
import { Palette } from './palette.tsx';
import { readSaved, save } from './saved.ts';
import { ShellShortcuts } from './shell-shortcuts.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import { TopBar } from './top-bar.tsx';
import { useUrl } from './use-url.ts';

export type Overlay = 'palette' | 'help' | null;

/** Menu, top bar, and the page between them. */
export function Shell({ session }: { readonly session: SessionControl }) {
  const { t } = useI18n();
  const { cache } = useHub();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const [isConnected, setIsConnected] = useState(true);
  const [isCollapsed, setIsCollapsed] = useState(readSaved('menu') === 'collapsed');
  useEffect(() => {
    const following = followEvents({ onEvent: (event) => cache.wake(event.event), onConnection: setIsConnected });
    return () => following[Symbol.dispose]();
  }, [cache]);
  const toggleMenu = (): void => {
    save('menu', isCollapsed ? 'open' : 'collapsed');
    setIsCollapsed(!isCollapsed);
  };
  return (
    <div className={isCollapsed ? 'app collapsed' : 'app'}>
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <ShellShortcuts onOverlay={setOverlay} onToggleMenu={toggleMenu} />
      <Menu isConnected={isConnected} onToggle={toggleMenu} isCollapsed={isCollapsed} />
      <Switch>
        {pages.map((page) => (
          <Route path={page.path} key={page.path}>
            {(params) => <PageFrame page={page} params={params} session={session} onOverlay={setOverlay} />}
          </Route>
        ))}
        <Route>
          <NotFound session={session} onOverlay={setOverlay} />
        </Route>
      </Switch>
      <NewIncidents />
      {overlay === 'palette' && <Palette onClose={() => setOverlay(null)} />}
      {overlay === 'help' && <ShortcutHelp onClose={() => setOverlay(null)} />}
    </div>
  );
}

interface FrameProps {
  readonly session: SessionControl;
  readonly onOverlay: (overlay: Overlay) => void;
}

function PageFrame({
  page,
  params,
  session,
  onOverlay,
}: FrameProps & { readonly page: Page; readonly params: PageParams }) {
  const { t } = useI18n();
  const Component = page.component;
  const title = t(page.title);
  useEffect(() => {
    document.title = `${title} · AIRIS-MON`;
  }, [title]);
  // A page about another host or incident starts afresh: nothing of the one before may show through.
  const identity = page.path + JSON.stringify(params);
  return (
    <>
      <TopBar title={title} session={session} onOverlay={onOverlay} />
      <main id="main" tabIndex={-1}>
        <Component key={identity} params={params} />
      </main>
    </>
  );
}

function NotFound({ session, onOverlay }: FrameProps) {
  const { t } = useI18n();
  const { href } = useUrl();
  return (
    <>
      <TopBar title={t('notFound.title')} session={session} onOverlay={onOverlay} />
      <main id="main" tabIndex={-1}>
        <EmptyState title={t('notFound.text')}>
          <a className="link" href={href('/')}>
            {t('notFound.home')}
          </a>
        </EmptyState>
      </main>
    </>
  );
}

const ASSERTIVE_EVERY_MS = 60_000;

/** Says new incidents to screen readers: politely, and a critical one at once, but at most one a minute. */
function NewIncidents() {
  const { api } = useHub();
  const { t, pick } = useI18n();
  const { value } = useLoaded(allIncidents(api));
  const known = useRef<ReadonlySet<string> | null>(null);
  const lastAssertiveMs = useRef(Number.NEGATIVE_INFINITY);
  const [said, setSaid] = useState({ polite: '', assertive: '' });
  useEffect(() => {
    if (value === undefined) return;
    const before = known.current;
    known.current = new Set(value.map((incident) => incident.id));
    const fresh = before === null ? [] : value.filter(({ id, state }) => state === 'open' && !before.has(id));
    const first = fresh[0];
    if (first === undefined) return;
    const text = t('shell.newIncident', { title: pick(first.title) });
    const nowMs = performance.now();
    const isUrgent = fresh.some(({ severity }) => severity === 'critical');
    const isAssertive = isUrgent && nowMs - lastAssertiveMs.current > ASSERTIVE_EVERY_MS;
    if (isAssertive) lastAssertiveMs.current = nowMs;
    setSaid(isAssertive ? { polite: '', assertive: text } : { polite: text, assertive: '' });
  }, [value, t, pick]);
  return (
    <>
      <div className="hidden-text" aria-live="polite">
        {said.polite}
      </div>
      <div className="hidden-text" aria-live="assertive">
        {said.assertive}
      </div>
    </>
  );
}
