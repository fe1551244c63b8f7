import { expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { openStateStore } from '../store/state/state-store.ts';
import { createNoticeAudit } from './notice-audit.ts';
import { T0 } from './test-events.ts';

it('puts a cloned identity on record once in ten minutes', async () => {
  await using state = openStateStore(':memory:');
  const tell = createNoticeAudit(state.audit, createLog('error'));
  const notice = { kind: 'identity-cloned', agent: 'web-1', detail: 'two epochs take turns', atUnixMs: T0 };
  for (const minute of [0, 1, 9, 10]) tell({ ...notice, atUnixMs: T0 + minute * 60_000 });
  tell({ ...notice, agent: 'web-2' });
  await expect
    .poll(async () => (await state.audit.list({ limit: 10 })).map(({ action, target }) => `${action} ${target}`))
    .toEqual(['agent.identity-cloned web-2', 'agent.identity-cloned web-1', 'agent.identity-cloned web-1']);
});
