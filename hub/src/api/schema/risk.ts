import { z } from 'zod';
import { hostId, timestamp } from './common.ts';

const bilingual = z.object({ ko: z.string(), en: z.string() });

const hostRisk = z.object({
  host: hostId,
  probability: z.number().describe('0..1, that an incident of this host begins within the horizon'),
  low: z.number(),
  high: z.number().describe('the true one is between `low` and `high` in nine of ten cases, if the model holds'),
  usual: z.number().describe('0..1, the same at this time of day while nothing raises it'),
  factors: z
    .array(z.object({ name: z.string(), words: bilingual }))
    .describe('what raises it now, the strongest first'),
});

export const risksAnswer = z.object({
  asOf: timestamp,
  horizonMinutes: z.int(),
  items: z.array(hostRisk).describe('the likeliest first; hosts that are in an incident are left out'),
  calibration: z
    .object({
      incidents: z.int(),
      days: z.number(),
      brier: z.number(),
      brierOfUsual: z.number(),
      bins: z.array(z.object({ said: z.number(), happened: z.number(), times: z.number() })),
    })
    .nullable()
    .describe(
      'how odds told from the first two thirds of the past did in the last third (of at most 90 days): Brier scores, lower is better, beside always telling the usual rate; null with fewer than five incidents',
    ),
});
export type RisksAnswer = z.infer<typeof risksAnswer>;
export type HostRiskItem = z.infer<typeof hostRisk>;
