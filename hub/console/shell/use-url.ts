import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { keepAcrossPages, parseUrlState, printUrlState, type UrlState } from './url-state.ts';

export interface UrlControl {
  readonly path: string;
  readonly url: UrlState;
  /** Changes the view; Back undoes it, unless `replace`. */
  readonly update: (change: Partial<UrlState>, options?: { readonly replace?: boolean }) => void;
  /** A link to another page that keeps time, language and theme. */
  readonly href: (path: string, change?: Partial<UrlState>) => string;
  readonly go: (path: string, change?: Partial<UrlState>) => void;
}

export function useUrl(): UrlControl {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const url = useMemo(() => parseUrlState(search), [search]);
  const href = useCallback(
    (to: string, change: Partial<UrlState> = {}) => to + printUrlState({ ...keepAcrossPages(url), ...change }),
    [url],
  );
  const update = useCallback(
    (change: Partial<UrlState>, options: { readonly replace?: boolean } = {}) =>
      navigate(path + printUrlState({ ...url, ...change }), { replace: options.replace ?? false }),
    [navigate, path, url],
  );
  const go = useCallback((to: string, change?: Partial<UrlState>) => navigate(href(to, change)), [href, navigate]);
  return { path, url, update, href, go };
}
