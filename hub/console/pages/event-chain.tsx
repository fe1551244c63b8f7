import type { ReactNode } from 'react';
import type { IncidentDetail } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { isOfAgent } from './evidence-index.ts';

/** Steps of the chain: more than this is the timeline's work. */
const MAX_STEPS = 5;

/** What followed on what, with times: the last change before, then the first trouble of each entity. */
export function EventChain(props: {
  readonly incident: IncidentDetail;
  readonly chip: (kind: string, id: string) => ReactNode;
}) {
  const { t, pick } = useI18n();
  const steps = stepsOf(props.incident);
  if (steps.length < 2) return null;
  return (
    <ol className="chain" aria-label={t('incident.chain')}>
      {steps.map((step) => (
        <li key={step.id}>
          <span className="quiet">
            <FormattedTime at={step.at} />
          </span>
          <span>
            {pick(step.text)} {props.chip(step.kind, step.id)}
          </span>
        </li>
      ))}
    </ol>
  );
}

function stepsOf({ findings, changes, startedAt }: IncidentDetail) {
  const change = changes
    .filter(({ at, kind }) => at <= startedAt && !isOfAgent(kind))
    .toSorted((a, b) => b.at.localeCompare(a.at))[0];
  const first = new Map<string, IncidentDetail['findings'][number]>();
  for (const finding of findings.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))) {
    if (!first.has(finding.entity)) first.set(finding.entity, finding);
  }
  return [
    ...(change === undefined ? [] : [{ kind: 'change', id: change.id, at: change.at, text: change.summary }]),
    ...[...first.values()].map(({ id, startedAt: at, title: text }) => ({ kind: 'finding', id, at, text })),
  ].slice(0, MAX_STEPS);
}
