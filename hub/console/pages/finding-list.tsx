import { Link } from 'wouter';
import type { Finding } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityName } from '../parts/entity-name.ts';
import { Age } from '../parts/formatted-time.tsx';
import { Severity } from '../parts/severity.tsx';
import { useUrl } from '../shell/use-url.ts';
import { findingTitle } from './finding-title.ts';

/** Anomalies one below the other, each leading to its incident or host. */
export function FindingList({ findings }: { readonly findings: readonly Finding[] }) {
  const i18n = useI18n();
  const { t, pick } = i18n;
  const { href } = useUrl();
  return (
    <ul className="rows">
      {findings.map((finding) => (
        <li key={finding.id}>
          <Severity level={finding.severity} />
          <div className="grow">
            <Link
              className="strong"
              href={href(
                finding.incident === null ? `/hosts/${entityName(finding.host)}` : `/incidents/${finding.incident}`,
              )}
            >
              {findingTitle(finding, i18n)}
            </Link>
            <div className="quiet small">{pick(finding.summary)}</div>
          </div>
          <div className="right small">
            <div>{t(`findingState.${finding.state}`)}</div>
            <div className="quiet">
              <Age at={finding.startedAt} />
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}
