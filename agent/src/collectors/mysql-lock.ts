import type { Explanation } from '@airis/models';
import { explainHolder } from './database-explanations.ts';
import type { HolderRow } from './mysql-activity.ts';

/** Who holds the lock that others wait for. */
export function explainMysqlLock({ id, user, command, command_s, transaction_s }: HolderRow): Explanation {
  const isIdle = command === 'Sleep';
  const doing = isIdle
    ? { ko: '커밋하지 않은 채 대기 중', en: 'idle in a transaction it has not committed' }
    : { ko: '문장 실행 중', en: 'running a statement' };
  return explainHolder({ name: user, id }, 'mysql', doing, isIdle ? command_s : transaction_s);
}
