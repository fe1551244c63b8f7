import { lazy, Suspense } from 'react';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Panel } from '../parts/panel.tsx';
import { EmptyState, LoadingState } from '../parts/states.tsx';
import type { TimeRange } from '../shell/time-range.ts';
import { useUrl } from '../shell/use-url.ts';
import { transactionDots } from './dots-resource.ts';

const lastTenMinutes: TimeRange = { kind: 'relative', lastMs: 10 * 60_000 };

const MiniPicture = lazy(async () => ({ default: (await import('./mini-picture.tsx')).MiniPicture }));

/** The last ten minutes of X-View, a door to the page. */
export function XViewMini() {
  const { api } = useHub();
  const { t } = useI18n();
  const { href } = useUrl();
  const loaded = useLoaded(transactionDots(api, lastTenMinutes));
  return (
    <Panel
      title={t('xview.mini')}
      className="xview-mini"
      loaded={loaded}
      end={
        <a className="link" href={href('/xview')}>
          {t('xview.open')}
        </a>
      }
      empty={({ services }) => (services.length === 0 ? <EmptyState title={t('xview.none')} /> : null)}
    >
      {(dots) => (
        <Suspense fallback={<LoadingState />}>
          <a className="xview-door" href={href('/xview')}>
            <MiniPicture dots={dots} range={lastTenMinutes} atMs={loaded.isStale ? loaded.atMs : null} />
          </a>
        </Suspense>
      )}
    </Panel>
  );
}
