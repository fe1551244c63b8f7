import { useHub, useLoaded } from '../api/use-loaded.ts';
import { pages } from '../pages/index.ts';
import type { Page } from './define-page.tsx';
import { demoPresence } from './hub-resources.ts';

/** The pages that this hub has something for. */
export function usePages(): readonly Page[] {
  const { api } = useHub();
  const hasDemo = useLoaded(demoPresence(api)).value === true;
  return hasDemo ? pages : pages.filter(({ menu }) => menu?.isForDemo !== true);
}
