import type { Host } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Chip } from '../parts/chip.tsx';
import { entityTitle } from '../parts/entity-name.ts';

/** Says that an agent watches a part of its machine, and which. */
export function ScopeChip({ host }: { readonly host: Pick<Host, 'scope' | 'hostName'> }) {
  const { t, language } = useI18n();
  if (host.scope == null) return null;
  return (
    <span className="row tight" title={t('host.scopeHint')}>
      <Chip>{t('host.scope', { entity: entityTitle(host.scope.entity, language) })}</Chip>
      <span className="quiet small">{host.hostName}</span>
    </span>
  );
}
