import type { Explanation } from '@airis/models';
import { explainHolder } from './database-explanations.ts';
import type { LockHolder } from './postgresql-activity.ts';

const stateWords: Readonly<Record<string, { readonly ko: string; readonly en: string }>> = {
  active: { ko: '문장 실행 중', en: 'running a statement' },
  idle: { ko: '유휴', en: 'idle' },
  'idle in transaction': { ko: '커밋하지 않은 채 대기 중', en: 'idle in a transaction it has not committed' },
  'idle in transaction (aborted)': { ko: '실패한 트랜잭션을 끝내지 않음', en: 'idle in a failed transaction' },
};

/** Who holds the lock that others wait for. */
export function explainPostgresqlLock({ pid, application, state, state_s, transaction_s }: LockHolder): Explanation {
  const doing = stateWords[state] ?? { ko: state, en: state };
  return explainHolder(
    { name: application, id: pid },
    'postgresql',
    doing,
    state === 'active' ? transaction_s : state_s,
  );
}
