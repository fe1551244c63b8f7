import { type ReactNode, useState } from 'react';
import type { Cause, IncidentDetail } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { EvidenceChip } from '../parts/chip.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { ScoreBar } from '../parts/score-bar.tsx';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';
import { CauseReasons } from './cause-reasons.tsx';
import { EventChain } from './event-chain.tsx';
import { EvidenceCard } from './evidence-card.tsx';
import { type EvidenceIndex, indexEvidence } from './evidence-index.ts';
import { EvidenceKeys } from './evidence-keys.tsx';
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
  const { t } = useI18n();
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
  const { ruledOut, unknown } = incident;
  // Found, but no cause rests on it: it opens above them.
  const stray = cited === undefined ? index.all.find(({ name }) => name === url.evidence) : undefined;
  const chipOf = (kind: string, id: string) => {
    const name = index.nameOf(kind, id);
    return name === null ? null : (
      <EvidenceChip
        name={name}
        label={t('evidence.open')}
        isOpen={url.evidence === name}
        onOpen={() => update({ evidence: url.evidence === name ? null : name })}
      />
    );
  };
  return (
    <>
      <EvidenceKeys names={index.all.map(({ name }) => name)} />
      {stray !== undefined && (
        <div className="stray-evidence">
          <EvidenceCard named={stray} isOpen fromMs={fromMs} toMs={toMs} />
        </div>
      )}
      <ol className="causes">
        {incident.causes.map((cause) => (
          <CauseItem
            key={cause.rank}
            incident={incident}
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
            onEvidence={(name) =>
              update({ selected: String(cause.rank), evidence: url.evidence === name ? null : name })
            }
            feedback={
              cause.rank === 1 ? (
                <FeedbackButtons incidentId={incident.id} entity={cause.entity} onSent={onChanged} />
              ) : null
            }
          />
        ))}
      </ol>
      {ruledOut.length > 0 && <RuledOut items={ruledOut} chip={chipOf} />}
      {unknown.length > 0 && <Unknown items={unknown} />}
    </>
  );
}

/** Suspects that were looked at and cleared, and why. */
function RuledOut(props: {
  readonly items: IncidentDetail['ruledOut'];
  readonly chip: (kind: string, id: string) => ReactNode;
}) {
  const { items, chip } = props;
  const { t, pick, language } = useI18n();
  return (
    <section className="ruled-out">
      <h3>{t('incident.ruledOut')}</h3>
      <dl className="facts">
        {items.map(({ entity, reason, ref }) => (
          <div key={entity}>
            <dt>{entityTitle(entity, language)}</dt>
            <dd className="quiet-2">
              {pick(reason)} {ref != null && chip(ref.kind, ref.id)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The last line: what this page does not know. */
function Unknown({ items }: { readonly items: IncidentDetail['unknown'] }) {
  const { t, pick } = useI18n();
  return (
    <section className="unknown">
      <h3>{t('incident.unknown')}</h3>
      <ul>
        {items.map((item) => (
          <li key={item.en} className="quiet-2">
            {pick(item)}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface CauseItemProps {
  readonly incident: IncidentDetail;
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
  const { incident, cause, index, isOpen, openEvidence, fromMs, toMs, onOpen, onEvidence, feedback } = props;
  const { t, pick, format, language } = useI18n();
  const evidence = index.ofCause(cause);
  const { for: reasonsFor, against } = cause;
  const chip = (name: string) => (
    <EvidenceChip
      key={name}
      name={name}
      label={t('evidence.open')}
      isOpen={openEvidence === name}
      onOpen={() => onEvidence(name)}
    />
  );
  const chipOf = (kind: string, id: string) => {
    const name = index.nameOf(kind, id);
    return name === null ? null : chip(name);
  };
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
            {entityTitle(cause.entity, language)}
          </button>
          <ScoreBar value={cause.score} label={t('cause.score')} text={format.score(cause.score)} />
        </div>
        <p className="quiet-2">
          {pick(cause.explanation)} {evidence.map(({ name }) => chip(name))}
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
        {isOpen && reasonsFor.length + against.length > 0 && (
          <CauseReasons reasonsFor={reasonsFor} against={against} chip={chipOf} />
        )}
        {isOpen && cause.rank === 1 && <EventChain incident={incident} chip={chipOf} />}
        {isOpen && feedback}
      </div>
    </li>
  );
}
