import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import type { ApiClient } from './client.ts';
import type { Loaded, Resource } from './resource.ts';
import type { ResourceCache } from './resource-cache.ts';

/** What pages reach the hub through; made once in `main.tsx`. */
export interface Hub {
  readonly api: ApiClient;
  readonly cache: ResourceCache;
}

export const HubContext = createContext<Hub | null>(null);

export function useHub(): Hub {
  const hub = useContext(HubContext);
  if (hub === null) throw new Error('useHub is used below HubContext only');
  return hub;
}

/** The newest value of a resource, asked for while the caller is on the screen. */
export function useLoaded<T>(resource: Resource<T>): Loaded<T> {
  const { cache } = useHub();
  // Keyed by its key: a resource is a description, and the page makes a new one at each render.
  // biome-ignore lint/correctness/useExhaustiveDependencies: two resources of one key are the same
  const entry = useMemo(() => cache.entry(resource), [cache, resource.key]);
  return useSyncExternalStore(entry.subscribe, entry.snapshot);
}

/** The same for the table of resources that a page's `load` names. The names must not change between renders. */
export function useLoadedAll<T extends Readonly<Record<string, unknown>>>(
  resources: { readonly [K in keyof T]: Resource<T[K]> },
): { readonly [K in keyof T]: Loaded<T[K]> } {
  const { cache } = useHub();
  const names = Object.keys(resources) as (keyof T & string)[]; // `Object.keys` forgets the key type.
  const keys = names.map((name) => resources[name].key).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: two resources of one key are the same
  const group = useMemo(() => {
    const entries = names.map((name) => ({ name, entry: cache.entry(resources[name]) }));
    let last: { readonly [K in keyof T]: Loaded<T[K]> } | null = null;
    return {
      subscribe: (listener: () => void) => {
        const stops = entries.map(({ entry }) => entry.subscribe(listener));
        return () => {
          for (const stop of stops) stop();
        };
      },
      snapshot: () => {
        const now = Object.fromEntries(entries.map(({ name, entry }) => [name, entry.snapshot()]));
        const isSame = last !== null && names.every((name) => last?.[name] === now[name]);
        if (!isSame) last = now as { readonly [K in keyof T]: Loaded<T[K]> }; // Built from the same names above.
        return last ?? (now as { readonly [K in keyof T]: Loaded<T[K]> });
      },
    };
  }, [cache, keys]);
  return useSyncExternalStore(group.subscribe, group.snapshot);
}
