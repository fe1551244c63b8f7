import { useEffect, useMemo, useRef, useState } from 'react';
import { createApiClient } from '../api/client.ts';
import { ApiError } from '../api/problem.ts';
import { createResourceCache } from '../api/resource-cache.ts';
import { HubContext } from '../api/use-loaded.ts';
import { type SessionControl, useSession } from '../api/use-session.ts';
import { I18nProvider } from '../i18n/i18n.tsx';
import { chooseLanguage } from '../i18n/language.ts';
import { readSaved } from './saved.ts';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { chooseTheme, ThemeProvider } from './theme.tsx';
import type { UrlState } from './url-state.ts';
import { ShortcutProvider } from './use-shortcuts.tsx';
import { useUrl } from './use-url.ts';

/** Language, theme and session first; then the shell, or the sign-in page at the same address. */
export function App() {
  const { url } = useUrl();
  const language = chooseLanguage(url.language, readSaved('language'), navigator.language);
  const prefersLight = matchMedia('(prefers-color-scheme: light)').matches;
  const theme = chooseTheme(url.theme, readSaved('theme'), prefersLight);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const api = useMemo(() => createApiClient(), []);
  const session = useSession(api);
  return (
    <ThemeProvider theme={theme}>
      <I18nProvider language={language}>
        <ShortcutProvider>
          {session.state.kind === 'signed-in' ? (
            <SignedIn api={api} session={session} url={url} />
          ) : (
            <SignIn session={session} />
          )}
        </ShortcutProvider>
      </I18nProvider>
    </ThemeProvider>
  );
}

interface SignedInProps {
  readonly api: ReturnType<typeof createApiClient>;
  readonly session: SessionControl;
  readonly url: UrlState;
}

function SignedIn({ api, session, url }: SignedInProps) {
  const isPaused = useRef(url.isPaused);
  useEffect(() => {
    isPaused.current = url.isPaused;
  });
  const { expire } = session;
  const [cache] = useState(() =>
    createResourceCache({
      nowMs: Date.now,
      isPageVisible: () => document.visibilityState === 'visible',
      isPaused: () => isPaused.current,
      onError: (error) => {
        if (error instanceof ApiError && error.status === 401) expire();
      },
    }),
  );
  useEffect(() => () => cache[Symbol.dispose](), [cache]);
  const hub = useMemo(() => ({ api, cache }), [api, cache]);
  return (
    <HubContext value={hub}>
      <Shell session={session} />
    </HubContext>
  );
}
