import type { ReactNode } from 'react';
import type { Cause } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';

type Reason = Cause['for'][number];

export interface CauseReasonsProps {
  readonly reasonsFor: readonly Reason[];
  readonly against: readonly Reason[];
  readonly chip: (kind: string, id: string) => ReactNode;
}

/** What speaks for a suspect and what against it, side by side. */
export function CauseReasons({ reasonsFor, against, chip }: CauseReasonsProps) {
  const { t } = useI18n();
  return (
    <div className="reasons">
      <div>
        <h3>{t('cause.for')}</h3>
        <Reasons reasons={reasonsFor} sign="+" chip={chip} />
      </div>
      <div>
        <h3>{t('cause.against')}</h3>
        {against.length === 0 ? (
          <p className="quiet small">{t('cause.noAgainst')}</p>
        ) : (
          <Reasons reasons={against} sign="−" chip={chip} />
        )}
      </div>
    </div>
  );
}

function Reasons(props: {
  readonly reasons: readonly Reason[];
  readonly sign: string;
  readonly chip: CauseReasonsProps['chip'];
}) {
  const { pick } = useI18n();
  return (
    <ul>
      {props.reasons.map((reason) => (
        <li key={pick(reason.text)}>
          <span className="quiet num" aria-hidden="true">
            {props.sign}
          </span>
          <span>
            {pick(reason.text)} {reason.ref !== null && props.chip(reason.ref.kind, reason.ref.id)}
          </span>
        </li>
      ))}
    </ul>
  );
}
