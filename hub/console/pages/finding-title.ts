import type { Finding } from '../api/types.ts';
import type { I18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';

/** A finding among those of others: whose it is, then what, unless the words say it already. */
export function findingTitle(finding: Finding, { pick, language }: Pick<I18n, 'pick' | 'language'>): string {
  const title = pick(finding.title);
  const name = entityTitle(finding.entity, language);
  return title.includes(name) ? title : `${name}: ${title}`;
}
