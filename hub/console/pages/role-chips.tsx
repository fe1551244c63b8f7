import type { Host } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Chip } from '../parts/chip.tsx';

/** What runs on a host: tier, then the program. A stopped one says so. */
export function RoleChips({ roles }: { readonly roles: Host['roles'] }) {
  const { t } = useI18n();
  return (
    <span className="row tight clip">
      {roles.map((role) => (
        <Chip key={role.name} tone={role.state === 'stopped' ? 'major' : 'plain'}>
          {t(`tier.${role.tier}`)} <span className="light">{role.name}</span>
          {role.state === 'stopped' && ` · ${t('role.stopped')}`}
        </Chip>
      ))}
    </span>
  );
}
