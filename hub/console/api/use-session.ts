import { useCallback, useEffect, useState } from 'react';
import type { ApiClient } from './client.ts';
import { ApiError } from './problem.ts';
import type { Session, SessionRequest } from './types.ts';

export type SessionState =
  | { readonly kind: 'asking' }
  | { readonly kind: 'signed-in'; readonly session: Session }
  | { readonly kind: 'signed-out'; readonly error: Error | null }
  /** The hub did not answer: not the same as being signed out. */
  | { readonly kind: 'unreachable'; readonly error: Error };

export interface SessionControl {
  readonly state: SessionState;
  readonly signIn: (credentials: SessionRequest) => Promise<void>;
  readonly signOut: () => Promise<void>;
  readonly retry: () => void;
  /** An answer was 401: the session ended on the hub's side. */
  readonly expire: () => void;
}

const RETRY_MS = 3000;

/** Who is signed in. A link token in the URL's fragment is used once and taken out of the address at once. */
export function useSession(api: ApiClient): SessionControl {
  const [state, setState] = useState<SessionState>({ kind: 'asking' });
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again
  useEffect(() => {
    const stopped = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const set = (next: SessionState) => {
      if (!stopped.signal.aborted) setState(next);
    };
    const start = async (): Promise<void> => {
      const token = takeLinkToken();
      try {
        set({ kind: 'signed-in', session: token === null ? await api.session() : await api.signIn({ token }) });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const isRefused = error.status === 401 || error.status === 400 || error.status === 403;
        if (isRefused) set({ kind: 'signed-out', error: token === null ? null : error });
        else {
          set({ kind: 'unreachable', error });
          timer = setTimeout(() => setAttempt((count) => count + 1), RETRY_MS);
        }
      }
    };
    void start();
    return () => {
      stopped.abort();
      clearTimeout(timer);
    };
  }, [api, attempt]);

  return {
    state,
    signIn: useCallback(
      async (credentials) => setState({ kind: 'signed-in', session: await api.signIn(credentials) }),
      [api],
    ),
    signOut: useCallback(async () => {
      await api.signOut();
      setState({ kind: 'signed-out', error: null });
    }, [api]),
    retry: useCallback(() => setAttempt((count) => count + 1), []),
    expire: useCallback(() => setState({ kind: 'signed-out', error: null }), []),
  };
}

/** `#signin=…`, removed from the address and the history before anything else can read it. */
function takeLinkToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('signin');
  if (token === null || token === '') return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
