import { useI18n } from '../i18n/i18n.tsx';
import type { MessageKey } from '../i18n/translate.ts';

/** Worst first; also the order in which tables sort. */
export const levels = ['critical', 'major', 'minor', 'info', 'stale', 'ok', 'revoked'] as const;
export type Level = (typeof levels)[number];

export const levelRank = (level: Level): number => levels.indexOf(level);

/** The shape says it first, so that print and colour-blind views lose nothing. */
const shapes: Record<Level, string> = {
  critical: 'M5.5 0 11 5.5 5.5 11 0 5.5Z',
  major: 'M5.5.5 11 10.5H0Z',
  minor: 'M1 1h9v9H1Z',
  info: 'M5.5 1a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Zm0 1.6a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8Z',
  ok: 'M5.5 2.2a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6Z',
  stale: 'M0 4.5h4v2H0ZM7 4.5h4v2H7Z',
  revoked: 'M1.5 2.9 2.9 1.5 5.5 4.1 8.1 1.5 9.5 2.9 6.9 5.5 9.5 8.1 8.1 9.5 5.5 6.9 2.9 9.5 1.5 8.1 4.1 5.5Z',
};

export const levelMessage = (level: Level): MessageKey => `level.${level}`;

export function LevelShape({ level }: { readonly level: Level }) {
  return (
    <svg className={`shape c-${level}`} viewBox="0 0 11 11" aria-hidden="true">
      <path d={shapes[level]} />
    </svg>
  );
}

/** Shape, word, colour, in that order. `isBare` keeps the word for screen readers only. */
export function Severity({ level, isBare = false }: { readonly level: Level; readonly isBare?: boolean }) {
  const { t } = useI18n();
  return (
    <span className={`severity severity-${level}`}>
      <LevelShape level={level} />
      <span className={isBare ? 'hidden-text' : undefined}>{t(levelMessage(level))}</span>
    </span>
  );
}
