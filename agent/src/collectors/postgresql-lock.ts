import type { Explanation } from '@airis/models';
import { maskText } from '../gate/mask-text.ts';
import type { LockHolder, SlowStatement } from './postgresql-activity.ts';
import { statementText } from './statement-text.ts';

const stateWords: Readonly<Record<string, { readonly ko: string; readonly en: string }>> = {
  active: { ko: '문장 실행 중', en: 'running a statement' },
  idle: { ko: '유휴', en: 'idle' },
  'idle in transaction': { ko: '커밋하지 않은 채 대기 중', en: 'idle in a transaction it has not committed' },
  'idle in transaction (aborted)': { ko: '실패한 트랜잭션을 끝내지 않음', en: 'idle in a failed transaction' },
};

/** Who holds the lock that others wait for, never what it executes. */
export function explainLock({ pid, application, state, state_s, transaction_s }: LockHolder): Explanation {
  const name = applicationName(application);
  const words = stateWords[state] ?? { ko: state, en: state };
  const lasting = Math.round(state === 'active' ? transaction_s : state_s);
  return {
    trouble: 'lock',
    ref: `process:${name.replaceAll(/\s/g, '_')}[${pid}]`,
    note: {
      ko: `잠금을 잡은 세션: ${name}(pid ${pid}), ${words.ko}, ${lasting}초째.`,
      en: `Held by the session ${name} (pid ${pid}), ${words.en} for ${lasting} s.`,
    },
  };
}

/** What runs longest, without its literals. */
export function explainStatement({ pid, application, seconds, text }: SlowStatement): Explanation {
  const name = applicationName(application);
  const statement = maskText(statementText(text, 'postgresql'));
  return {
    trouble: 'slow-statement',
    ref: `process:${name.replaceAll(/\s/g, '_')}[${pid}]`,
    note: {
      ko: `가장 오래 실행 중인 문장(${name}, pid ${pid}, ${Math.round(seconds)}초째): ${statement}`,
      en: `Running longest (${name}, pid ${pid}, for ${Math.round(seconds)} s): ${statement}`,
    },
  };
}

/** Clients choose it freely: masked like any text that leaves, one line, bounded. */
function applicationName(text: string): string {
  const clean = maskText(text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' '))
    .trim()
    .slice(0, 64);
  return clean === '' ? 'unnamed' : clean;
}
