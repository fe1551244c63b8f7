import { readFile } from 'node:fs/promises';
import { ApiError, type ApiErrorCode } from '../api/api-error.ts';
import { type DemoFaultState, demoAnswer, demoFaultStates, demoShopState, type ShopState } from './schema.ts';

/** The shop that `npm start -- --demo` runs beside the hub. */
export interface DemoShop {
  faults(): Promise<readonly DemoFaultState[]>;
  shop(): Promise<ShopState>;
  /** @throws ApiError 404, 409, 422 as the shop says; 503 while it is not there */
  order(name: string, order: 'start' | 'stop'): Promise<DemoFaultState>;
}

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const knownCodes: Readonly<Record<number, ApiErrorCode>> = { 404: 'NOT_FOUND', 409: 'CONFLICT', 422: 'DEMO_REFUSED' };

/** @param controlFile - where the shop leaves its address and token; it comes after the hub and may go before it */
export function createDemoShop(controlFile: string): DemoShop {
  async function call(method: string, path: string): Promise<{ status: number; body: unknown }> {
    try {
      const { url, token } = demoAnswer.control.parse(JSON.parse(await readFile(controlFile, 'utf8')));
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.text();
      if (text.length > MAX_ANSWER_BYTES) throw new Error('the shop answered too much');
      return { status: answer.status, body: JSON.parse(text) as unknown };
    } catch (cause) {
      throw new ApiError(503, 'ENGINE_AWAY', 'the demo shop is not up yet, or has stopped', {
        hint: 'it takes about half a minute after the hub; what it says is on the terminal of `npm start -- --demo`',
        cause,
      });
    }
  }

  return {
    async faults() {
      return demoFaultStates.parse((await call('GET', '/faults')).body);
    },
    async shop() {
      return demoShopState.parse((await call('GET', '/shop')).body);
    },
    async order(name, order) {
      const { status, body } = await call('POST', `/faults/${encodeURIComponent(name)}/${order}`);
      if (status === 200) return demoAnswer.fault.parse(body);
      const { detail } = demoAnswer.refusal.parse(body);
      throw new ApiError(status, knownCodes[status] ?? 'INTERNAL', detail);
    },
  };
}
