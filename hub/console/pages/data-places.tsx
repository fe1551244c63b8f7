import type { HostDetail } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { LocalityChip } from '../parts/chip.tsx';

/** Where this host's data is. Nothing leaves for a cloud model yet, and that is said. */
export function DataPlaces({ host }: { readonly host: HostDetail }) {
  const { t, format } = useI18n();
  return (
    <ul className="places">
      <li>
        <LocalityChip place="host" /> {t('places.host')}
      </li>
      <li>
        <LocalityChip place="hub" />{' '}
        {t('places.hub', {
          series: format.count(host.series.length),
          waiting: format.count(host.health?.spool.batches ?? 0),
          lost: format.count(host.rowsLost),
        })}
      </li>
      <li>
        <LocalityChip place="cloud" /> {t('places.cloud')}
      </li>
    </ul>
  );
}
