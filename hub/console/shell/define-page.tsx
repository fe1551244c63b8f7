import { type ComponentType, Suspense } from 'react';
import type { ApiClient } from '../api/client.ts';
import type { Loaded, Resource } from '../api/resource.ts';
import { useHub, useLoadedAll } from '../api/use-loaded.ts';
import type { MessageKey } from '../i18n/translate.ts';
import { Boundary } from '../parts/boundary.tsx';
import type { IconName } from '../parts/icon.tsx';
import { LoadingState } from '../parts/states.tsx';
import type { UrlState } from './url-state.ts';
import { useUrl } from './use-url.ts';

export type PageParams = Readonly<Record<string, string | undefined>>;

export interface LoadContext {
  readonly api: ApiClient;
  readonly params: PageParams;
  readonly url: UrlState;
}

export interface ViewProps<T> {
  readonly params: PageParams;
  readonly url: UrlState;
  /** Each resource with its own state, so that one panel fails alone. */
  readonly data: { readonly [K in keyof T]: Loaded<T[K]> };
}

export interface MenuPlace {
  readonly group: 'watch' | 'fleet' | 'control';
  readonly icon: IconName;
  /** The key after `g` that goes there, as `KeyboardEvent.code`. */
  readonly goKey?: string;
  /** Shown only where the hub runs the demo shop. */
  readonly isForDemo?: true;
}

export interface PageDefinition<T> {
  /** With `:name` for parameters. */
  readonly path: string;
  readonly title: MessageKey;
  /** Absent for pages that are reached from another one. */
  readonly menu?: MenuPlace;
  /** Names what the page shows and how to ask for it; the runner does the asking. */
  readonly load: (context: LoadContext) => { readonly [K in keyof T]: Resource<T[K]> };
  /** `lazy(() => import(…))` for what is not needed first: the overview must not wait for it. */
  readonly view: ComponentType<ViewProps<T>>;
}

/** A page as the shell sees it: what it loads is its own affair. */
export interface Page {
  readonly path: string;
  readonly title: MessageKey;
  readonly menu: MenuPlace | null;
  readonly component: ComponentType<{ readonly params: PageParams }>;
}

export function definePage<T extends Readonly<Record<string, unknown>>>(definition: PageDefinition<T>): Page {
  const { path, title, menu, load, view: View } = definition;
  return {
    path,
    title,
    menu: menu ?? null,
    component: function PageRunner({ params }) {
      const { api } = useHub();
      const { url } = useUrl();
      const data = useLoadedAll<T>(load({ api, params, url }));
      return (
        <Boundary of={path}>
          <Suspense fallback={<LoadingState />}>
            <View params={params} url={url} data={data} />
          </Suspense>
        </Boundary>
      );
    },
  };
}
