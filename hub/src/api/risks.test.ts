import { expect, it } from 'vitest';
import { startTestHub } from './test-hub.ts';

it('tells the odds of every host that is watched, and nothing of how good they are before there were incidents', async () => {
  await using hub = await startTestHub();
  const { identity } = hub.state;
  const token = { createdBy: 'user:kim', createdAtUnixMs: 0, wantedId: 'web-1', generalLogSources: [] };
  await identity.addToken({ ...token, id: 't', secretHash: 'h', expiresAtUnixMs: 9e15 });
  await identity.enrol({ secretHash: 'h', publicKey: 'U', hostName: 'w', baseId: 'w', nowUnixMs: 1 });
  const { status, body } = await hub.call('GET', '/api/v1/risks', { token: hub.tokens.viewer });
  expect(status).toBe(200);
  expect(body).toMatchObject({ horizonMinutes: 30, calibration: null, items: [{ host: 'host:web-1', factors: [] }] });
  expect((await hub.call('GET', '/api/v1/risks')).status).toBe(401);
});
