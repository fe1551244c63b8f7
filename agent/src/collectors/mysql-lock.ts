import type { Explanation } from '@airis/models';
import { maskText } from '../gate/mask-text.ts';
import type { HolderRow, StatementRow } from './mysql-activity.ts';
import { statementText } from './statement-text.ts';

/** Who holds the lock that others wait for, never what it executes. */
export function explainMysqlLock({ id, user, command, command_s, transaction_s }: HolderRow): Explanation {
  const name = userName(user);
  const isIdle = command === 'Sleep';
  const lasting = Math.round(isIdle ? command_s : transaction_s);
  return {
    trouble: 'lock',
    ref: reference(name, id),
    note: {
      ko: `잠금을 잡은 세션: ${name}(연결 ${id}), ${isIdle ? '커밋하지 않은 채 대기 중' : '문장 실행 중'}, ${lasting}초째.`,
      en: `Held by the session ${name} (connection ${id}), ${isIdle ? 'idle in a transaction it has not committed' : 'running a statement'} for ${lasting} s.`,
    },
  };
}

/** What runs longest, without its literals. */
export function explainMysqlStatement({ id, user, seconds, text }: StatementRow): Explanation {
  const name = userName(user);
  const statement = maskText(statementText(text, 'mysql'));
  return {
    trouble: 'slow-statement',
    ref: reference(name, id),
    note: {
      ko: `가장 오래 실행 중인 문장(${name}, 연결 ${id}, ${Math.round(seconds)}초째): ${statement}`,
      en: `Running longest (${name}, connection ${id}, for ${Math.round(seconds)} s): ${statement}`,
    },
  };
}

const reference = (name: string, id: number) => `process:${name.replaceAll(/\s/g, '_')}[${id}]`;

function userName(text: string): string {
  const clean = maskText(text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' '))
    .trim()
    .slice(0, 64);
  return clean === '' ? 'unnamed' : clean;
}
