import type { Explanation } from '@airis/models';
import { maskText } from '../gate/mask-text.ts';
import { type SqlDialect, statementText } from './statement-text.ts';

/** A session of a database, as its server calls it. */
export interface NamedSession {
  /** Chosen freely by the client. */
  readonly name: string;
  readonly id: number;
}

interface Words {
  readonly ko: string;
  readonly en: string;
}

const idWords: Readonly<Record<SqlDialect, Words>> = {
  mysql: { ko: '연결', en: 'connection' },
  postgresql: { ko: 'pid', en: 'pid' },
};

/** Who holds the lock that others wait for, and what it does about it; never what it executes. */
export function explainHolder(session: NamedSession, dialect: SqlDialect, doing: Words, seconds: number): Explanation {
  const name = cleanName(session.name);
  const { ko, en } = idWords[dialect];
  return {
    trouble: 'lock',
    ref: reference(name, session.id),
    note: {
      ko: `잠금을 잡은 세션: ${name}(${ko} ${session.id}), ${doing.ko}, ${Math.round(seconds)}초째.`,
      en: `Held by the session ${name} (${en} ${session.id}), ${doing.en} for ${Math.round(seconds)} s.`,
    },
  };
}

/** What runs longest, without its literals. */
export function explainStatement(
  session: NamedSession,
  dialect: SqlDialect,
  text: string,
  seconds: number,
): Explanation {
  const name = cleanName(session.name);
  const { ko, en } = idWords[dialect];
  const statement = maskText(statementText(text, dialect));
  return {
    trouble: 'slow-statement',
    ref: reference(name, session.id),
    note: {
      ko: `가장 오래 실행 중인 문장(${name}, ${ko} ${session.id}, ${Math.round(seconds)}초째): ${statement}.`,
      en: `Running longest (${name}, ${en} ${session.id}, for ${Math.round(seconds)} s): ${statement}.`,
    },
  };
}

const reference = (name: string, id: number) => `process:${name.replaceAll(/\s/g, '_')}[${id}]`;

/** Masked like any text that leaves, one line, bounded. */
function cleanName(text: string): string {
  const clean = maskText(text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' '))
    .trim()
    .slice(0, 64);
  return clean === '' ? 'unnamed' : clean;
}
