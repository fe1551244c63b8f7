import { type ReactNode, useState } from 'react';
import type { Cause, IncidentDetail } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { EvidenceChip } from '../parts/chip.tsx';
import { entityName } from '../parts/entity-name.ts';
import { ScoreBar } from '../parts/score-bar.tsx';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';
import { EvidenceCard } from './evidence-card.tsx';
import { type EvidenceIndex, indexEvidence } from './evidence-index.ts';
import { FeedbackButtons } from './feedback-buttons.tsx';

export interface CauseListProps {
  readonly incident: IncidentDetail;
  readonly fromMs: number;
  readonly toMs: number;
  readonly onChanged: () => void;
}

/** Suspects, the strongest first and open. `j` `k` move, Enter opens, and each piece of evidence has its address (`e=E2`). */
export function CauseList({ incident, fromMs, toMs, onChanged }: CauseListProps) {
  const { url, update } = useUrl();
  const index = indexEvidence(incident);
  const cited = incident.causes.find((cause) => index.ofCause(cause).some(({ name }) => name === url.evidence));
  const openRank = cited?.rank ?? Number(url.selected ?? incident.causes[0]?.rank ?? 0);
  const [focusRank, setFocusRank] = useState(openRank);
  const ranks = incident.causes.map(({ rank }) => rank);
  const move = (step: number): void => {
    const at = ranks.indexOf(focusRank) + step;
    const rank = ranks[Math.max(0, Math.min(ranks.length - 1, at))];
    if (rank === undefined) return;
    setFocusRank(rank);
    document.getElementById(`cause-${rank}`)?.focus();
  };
  const open = (rank: number): void => update({ selected: String(rank), evidence: null });
  useShortcut('next', () => move(1));
  useShortcut('previous', () => move(-1));
  useShortcut('open', () => open(focusRank));
  return (
    <ol className="causes">
      {incident.causes.map((cause) => (
        <CauseItem
          key={cause.rank}
          cause={cause}
          index={index}
          isOpen={cause.rank === openRank}
          openEvidence={url.evidence}
          fromMs={fromMs}
          toMs={toMs}
          onOpen={() => {
            setFocusRank(cause.rank);
            open(cause.rank);
          }}
          onEvidence={(name) => update({ selected: String(cause.rank), evidence: url.evidence === name ? null : name })}
          feedback={
            cause.rank === 1 ? (
              <FeedbackButtons incidentId={incident.id} entity={cause.entity} onSent={onChanged} />
            ) : null
          }
        />
      ))}
    </ol>
  );
}

interface CauseItemProps {
  readonly cause: Cause;
  readonly index: EvidenceIndex;
  readonly isOpen: boolean;
  readonly openEvidence: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly onOpen: () => void;
  readonly onEvidence: (name: string) => void;
  readonly feedback: ReactNode;
}

function CauseItem(props: CauseItemProps) {
  const { cause, index, isOpen, openEvidence, fromMs, toMs, onOpen, onEvidence, feedback } = props;
  const { t, pick, format } = useI18n();
  const evidence = index.ofCause(cause);
  return (
    <li className={isOpen ? 'cause open' : 'cause'}>
      <span className="rank num">{cause.rank}</span>
      <div className="grow">
        <div className="cause-head">
          <button
            type="button"
            id={`cause-${cause.rank}`}
            className="cause-title strong"
            aria-expanded={isOpen}
            onClick={onOpen}
          >
            {entityName(cause.entity)}
          </button>
          <ScoreBar value={cause.score} label={t('cause.score')} text={format.score(cause.score)} />
        </div>
        <p className="quiet-2">
          {pick(cause.explanation)}{' '}
          {evidence.map(({ name }) => (
            <EvidenceChip
              key={name}
              name={name}
              label={t('evidence.open')}
              isOpen={openEvidence === name}
              onOpen={() => onEvidence(name)}
            />
          ))}
        </p>
        {isOpen && evidence.length > 0 && (
          <div className="evidence-cards">
            {evidence.map((named) => (
              <EvidenceCard
                key={named.name}
                named={named}
                isOpen={openEvidence === named.name}
                fromMs={fromMs}
                toMs={toMs}
              />
            ))}
          </div>
        )}
        {isOpen && feedback}
      </div>
    </li>
  );
}
