import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../../hub/src/api/test-hub.ts';
import { createDemoShop } from '../../hub/src/demo/demo-shop.ts';
import type { ShopState } from '../../hub/src/demo/schema.ts';
import { startControl } from './control.ts';
import { createFaultBoard } from './fault-board.ts';
import type { AppOrder, ShopHands } from './faults/fault.ts';
import { faults } from './faults/index.ts';

const orders: AppOrder[] = [];
const hands: ShopHands = {
  tellApp: async (order) => void orders.push(order),
  holdDown: () => Promise.reject(new Error('no tiers here')),
  network: { setTrouble: () => undefined },
  connect: async () => null,
  uploads: { folder: '/nowhere', quotaBytes: 1 },
};
const report: ShopState = {
  tiers: [
    {
      name: 'database',
      entity: 'database:shop-db',
      title: { ko: '데이터베이스', en: 'Database' },
      program: 'stand-in',
      isStandIn: true,
      standInReason: { ko: 'postgresql-15 없음', en: 'postgresql-15 is not installed' },
      state: 'running',
      url: null,
    },
  ],
  load: { requestsPerSecond: 12, phase: { ko: '점심', en: 'lunch' } },
};

/** The hub's API before the shop's own door, both real; the shop behind it is a stand-in that notes its orders. */
describe('faults by the API', () => {
  let folder: string;
  let hub: TestHub;
  let file: string;
  let door: AsyncDisposable;
  const faultsPath = '/api/v1/demo/faults';
  const post = (path: string, role: 'viewer' | 'operator' = 'operator') =>
    hub.call('POST', `${faultsPath}/${path}`, { token: hub.tokens[role] });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airis-demo-control-'));
    file = join(folder, 'control.json');
    hub = await startTestHub({ demo: createDemoShop(file) });
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('says that the shop is not up while it is not', async () => {
    const answer = await hub.call('GET', faultsPath, { token: hub.tokens.viewer });
    expect(answer).toMatchObject({ status: 503, body: { code: 'ENGINE_AWAY' } });
  });

  it('lists, starts and stops; says what is wrong with what it refuses', async () => {
    const board = createFaultBoard(faults, hands, () => undefined);
    door = await startControl(file, board, () => report);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const list = await hub.call('GET', faultsPath, { token: hub.tokens.viewer });
    expect(list.status).toBe(200);
    expect(list.body).toHaveLength(faults.length);
    expect(list.body).toContainEqual(
      expect.objectContaining({ name: 'cpu-burn', target: 'service:shop-app', active: false }),
    );
    expect((await hub.call('GET', '/api/v1/demo/shop', { token: hub.tokens.viewer })).body).toMatchObject(report);

    expect((await post('cpu-burn/start', 'viewer')).status).toBe(403);
    expect(await post('cpu-burn/start')).toMatchObject({ status: 200, body: { active: true } });
    expect(await post('cpu-burn/start')).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(await post('no-such-fault/start')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await post(`${encodeURIComponent('../x')}/start`)).toMatchObject({ status: 404 });
    expect(await post('lock-held/start')).toMatchObject({ status: 422, body: { code: 'DEMO_REFUSED' } });
    expect(await post('cpu-burn/stop')).toMatchObject({ status: 200, body: { active: false } });
    expect(await post('cpu-burn/stop')).toMatchObject({ status: 200 });
    expect(orders).toEqual([
      { fault: 'cpu-burn', on: true },
      { fault: 'cpu-burn', on: false },
    ]);
  });

  it('takes an empty body that says it is JSON', async () => {
    const answer = await hub.call('POST', `${faultsPath}/cpu-burn/stop`, {
      token: hub.tokens.operator,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
  });

  it('leaves no door behind', async () => {
    await door[Symbol.asyncDispose]();
    await expect(stat(file)).rejects.toThrow();
    expect((await hub.call('GET', faultsPath, { token: hub.tokens.viewer })).status).toBe(503);
  });

  it('has none of it without a demo', async () => {
    await using plain = await startTestHub();
    const answer = await plain.call('GET', faultsPath, { token: plain.tokens.viewer });
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});
