import { koreanTime } from '../korean-time.ts';
import { HORIZON_MS } from '../risk/incident-risk.ts';
import { hostIdOf } from './present.ts';
import { defineRoute } from './route.ts';
import { risksAnswer } from './schema/risk.ts';

const MAX_ITEMS = 200;

export const readRisks = defineRoute({
  method: 'GET',
  path: '/api/v1/risks',
  summary: 'How likely an incident of each host is in the next half hour, why, and how such odds have done so far',
  auth: 'viewer',
  response: risksAnswer,
  async handle(_call, hub) {
    const { risks, calibration, asOfUnixMs } = await hub.risks();
    return {
      asOf: koreanTime(asOfUnixMs),
      horizonMinutes: HORIZON_MS / 60_000,
      items: risks.slice(0, MAX_ITEMS).map(({ agent, probability, low, high, usual, factors }) => ({
        host: hostIdOf(agent),
        probability,
        low,
        high,
        usual,
        factors: factors.map(({ name, words }) => ({ name, words: { ...words } })),
      })),
      calibration: calibration === null ? null : { ...calibration, bins: calibration.bins.map((bin) => ({ ...bin })) },
    };
  },
});
