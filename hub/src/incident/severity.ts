import type { Severity } from '@airis/protocol';

const ORDER: readonly Severity[] = ['info', 'minor', 'major', 'critical'];

/** 0 for `info` up to 3 for `critical`. */
export const severityRank = (severity: Severity): number => ORDER.indexOf(severity);

/** The worst of a list; `info` for none. */
export function worstSeverity(severities: Iterable<Severity>): Severity {
  let worst: Severity = 'info';
  for (const severity of severities) if (severityRank(severity) > severityRank(worst)) worst = severity;
  return worst;
}
