import type { Host } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Chip } from '../parts/chip.tsx';
import { EmptyState } from '../parts/states.tsx';

/** Each role with the reasons for believing in it. */
export function RoleList({ roles }: { readonly roles: Host['roles'] }) {
  const { t } = useI18n();
  if (roles.length === 0) return <EmptyState title={t('roles.none')}>{t('roles.noneHint')}</EmptyState>;
  return (
    <dl className="role-list">
      {roles.map((role) => (
        <div key={`${role.name} ${role.evidence[0]?.text}`}>
          <dt>
            <div className="strong">{t(`tier.${role.tier}`)}</div>
            <div className="small quiet">
              {role.name} {role.version}
            </div>
            {role.confidence !== null && (
              <div className="small quiet">{t('role.confidence', { percent: Math.round(role.confidence * 100) })}</div>
            )}
            {role.state === 'stopped' && <Chip tone="major">{t('role.stopped')}</Chip>}
          </dt>
          <dd>
            {role.evidence.map((evidence) => (
              <div key={evidence.kind + evidence.text}>
                <span className="quiet small">{t(`roleEvidence.${evidence.kind}`)}</span>{' '}
                <span className="mono">{evidence.text}</span>
              </div>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
