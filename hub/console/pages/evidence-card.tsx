import type { ReactNode } from 'react';
import type { Evidence } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { entityName, entityTitle } from '../parts/entity-name.ts';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { Severity } from '../parts/severity.tsx';
import { useUrl } from '../shell/use-url.ts';
import { EvidenceChart } from './evidence-chart.tsx';
import type { NamedEvidence } from './evidence-index.ts';
import { Facts } from './facts.tsx';

export interface EvidenceCardProps {
  readonly named: NamedEvidence;
  /** Opened by its chip: shown in full. */
  readonly isOpen: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a claim rests on: the measured values against the usual range, or the fact itself. */
export function EvidenceCard({ named, isOpen, fromMs, toMs }: EvidenceCardProps) {
  const i18n = useI18n();
  const { source } = named;
  const measured =
    source.kind === 'finding' ? source.finding.evidence : source.kind === 'measured' ? [source.evidence] : [];
  const series = measured.find((evidence) => evidence.kind === 'series' && evidence.metric !== undefined);
  return (
    <article className={isOpen ? 'evidence open' : 'evidence'} aria-label={named.name} id={`evidence-${named.name}`}>
      <header>
        <span className="evidence-name">{named.name}</span>
        <span className="grow">{titleOf(named, i18n)}</span>
        <span className="quiet num small">{series === undefined ? '' : changeOf(series, i18n)}</span>
      </header>
      {series !== undefined && named.host !== null && (
        <EvidenceChart host={named.host} evidence={series} fromMs={fromMs} toMs={toMs} />
      )}
      {(isOpen || series === undefined) && <EvidenceFacts named={named} measured={measured} />}
    </article>
  );
}

function titleOf({ source }: NamedEvidence, { t, pick, language }: I18n): string {
  if (source.kind === 'finding') return pick(source.finding.title);
  if (source.kind === 'change') return t(`change.${source.change.kind}`);
  const { evidence } = source;
  return evidence.note === undefined ? (evidence.metric ?? entityTitle(evidence.ref, language)) : pick(evidence.note);
}

/** `0–12 % → 97 %`: the usual range, and what was measured. */
function changeOf(evidence: Evidence, { format }: I18n): string {
  if (evidence.value === undefined) return '';
  const unit = evidence.unit ?? '1';
  const value = format.metric(evidence.value, unit);
  return evidence.expectedHigh === undefined ? value : `${format.metric(evidence.expectedHigh, unit)} → ${value}`;
}

function EvidenceFacts({ named, measured }: { readonly named: NamedEvidence; readonly measured: readonly Evidence[] }) {
  const { t, pick, format } = useI18n();
  const { href } = useUrl();
  const { source } = named;
  const where: readonly [string, ReactNode] | null =
    named.host === null
      ? null
      : [
          t('incident.where'),
          <a key="host" className="link" href={href(`/hosts/${entityName(named.host)}`)}>
            {entityName(named.host)}
          </a>,
        ];
  if (source.kind === 'change') {
    const { 'file.path': path, 'airis.config.diff': diff } = source.change.attributes;
    return (
      <>
        <Facts
          items={[
            [t('chart.time'), <FormattedTime key="at" at={source.change.at} as="dateTime" />],
            [t('evidence.what'), pick(source.change.summary)],
            where,
            path === undefined ? null : [t('evidence.file'), <code key="path">{path}</code>],
          ]}
        />
        {diff !== undefined && <ConfigDiff text={diff} />}
      </>
    );
  }
  const finding = source.kind === 'finding' ? source.finding : null;
  return (
    <>
      {finding !== null && <p className="small">{pick(finding.summary)}</p>}
      <Facts
        items={[
          where,
          finding === null ? null : [t('incident.severity'), <Severity key="level" level={finding.severity} />],
          finding === null ? null : [t('evidence.confidence'), format.percent(finding.confidence)],
          finding === null ? null : [t('evidence.detector'), `${finding.detector.name} ${finding.detector.version}`],
          ...measured.map((evidence) => measuredFact(evidence, { t, pick, format })),
        ]}
      />
    </>
  );
}

/** Lines that an edit took away and brought, as the agent let them leave. */
function ConfigDiff({ text }: { readonly text: string }) {
  const { t } = useI18n();
  return (
    <figure className="diff">
      <figcaption>{t('evidence.diff')}</figcaption>
      <pre>
        {text.split('\n').map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines repeat and never move
          <span key={at} className={line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'quiet'}>
            {line}
          </span>
        ))}
      </pre>
    </figure>
  );
}

function measuredFact(evidence: Evidence, { t, pick, format }: Pick<I18n, 't' | 'pick' | 'format'>) {
  const unit = evidence.unit ?? '1';
  const usual =
    evidence.expectedLow !== undefined && evidence.expectedHigh !== undefined
      ? t('evidence.usual', {
          low: format.metric(evidence.expectedLow, unit),
          high: format.metric(evidence.expectedHigh, unit),
        })
      : null;
  const parts = [
    evidence.value === undefined ? null : format.metric(evidence.value, unit),
    usual,
    evidence.note === undefined ? null : pick(evidence.note),
  ];
  return [
    `${t(`evidence.${evidence.kind}`)} ${evidence.metric ?? evidence.ref}`,
    parts.filter((part) => part !== null).join(' · ') || '–',
  ] as const;
}
