import { describe, expect, it } from 'vitest';
import { createFaultBoard } from './fault-board.ts';
import { defineFault, FaultRefused, type ShopHands } from './faults/fault.ts';
import { faults } from './faults/index.ts';

/** No fault of these tests touches it. */
const noShop = {} as ShopHands;
const quiet = (): void => undefined;

function countingFault(name: string) {
  const seen: string[] = [];
  const fault = defineFault({
    name,
    title: { ko: '시험', en: 'test' },
    description: { ko: '시험', en: 'test' },
    target: 'service:shop-app',
    tier: 'app',
    async start() {
      seen.push('start');
      return {
        async [Symbol.asyncDispose]() {
          seen.push('stop');
        },
      };
    },
  });
  return { fault, seen };
}

describe('the fault board', () => {
  it('starts a fault once, says so the second time, and stops it once', async () => {
    const { fault, seen } = countingFault('one');
    const board = createFaultBoard([fault], noShop, quiet);
    expect(await board.start('one')).toMatchObject({ ok: true, fault: { active: true } });
    expect(await board.start('one')).toMatchObject({ ok: false, code: 'DEMO_FAULT_ACTIVE' });
    expect(board.list()[0]).toMatchObject({ name: 'one', target: 'service:shop-app', active: true });
    expect(await board.stop('one')).toMatchObject({ ok: true, fault: { active: false } });
    expect(await board.stop('one')).toMatchObject({ ok: true });
    expect(seen).toEqual(['start', 'stop']);
  });

  it('answers two orders at once one after the other', async () => {
    const { fault, seen } = countingFault('one');
    const board = createFaultBoard([fault], noShop, quiet);
    const answers = await Promise.all([board.start('one'), board.start('one'), board.stop('one')]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(seen).toEqual(['start', 'stop']);
  });

  it('names the known faults where one does not exist', async () => {
    const { fault } = countingFault('one');
    const board = createFaultBoard([fault], noShop, quiet);
    const answer = await board.start('../../etc');
    expect(answer).toMatchObject({ ok: false, code: 'DEMO_FAULT_UNKNOWN' });
    expect(JSON.stringify(answer)).toContain('known are one');
  });

  it('says why a fault cannot be had here, and is not left active', async () => {
    const refused = { ...countingFault('two').fault, start: () => Promise.reject(new FaultRefused('no database')) };
    const board = createFaultBoard([refused], noShop, quiet);
    expect(await board.start('two')).toMatchObject({
      ok: false,
      code: 'DEMO_FAULT_REFUSED',
      detail: 'two: no database',
    });
    expect(board.list()[0]?.active).toBe(false);
  });

  it('mends what is still broken when it ends', async () => {
    const { fault, seen } = countingFault('one');
    {
      await using board = createFaultBoard([fault], noShop, quiet);
      await board.start('one');
    }
    expect(seen).toEqual(['start', 'stop']);
  });
});

describe('the faults of the shop', () => {
  it('have names of their own and say in both languages what they do and what is right', () => {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    for (const { title, description, target } of faults) {
      expect(title.ko).toMatch(/[가-힣]/);
      expect(`${title.en}${description.en}`).not.toMatch(/[가-힣]/);
      expect(target).toMatch(/^(service|database|link|directory):\S+$/);
    }
  });
});
