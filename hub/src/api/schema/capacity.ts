import { z } from 'zod';
import { capacityResources } from '../../capacity/capacity-resources.ts';
import { hostId, timestamp } from './common.ts';

const resourceCapacity = z.object({
  kind: z.enum(capacityResources.map(({ kind }) => kind)),
  name: z.string().nullable().describe('mount point, folder or pool; null for the only one of its kind'),
  usedRatio: z.number().describe('0..1, highest of the last six hours'),
  perDayRatio: z.number().nullable().describe('usual growth a day, as a part of the whole; null without a forecast'),
  fullAt: timestamp
    .nullable()
    .describe('half of all courses drawn from the past are full by then; null beyond the horizon'),
  earliestFullAt: timestamp.nullable().describe('one of twenty courses is full earlier'),
  latestFullAt: timestamp.nullable().describe('one of twenty courses is full later'),
  probability: z.number().nullable().describe('0..1: full within the horizon; null with less than three days of past'),
  horizonDays: z.number().int().nullable(),
  daysOfPast: z.number(),
});

export const capacityAnswer = z.object({
  host: hostId,
  resources: z.array(resourceCapacity).describe('soonest full first, then fullest'),
});
export type CapacityAnswer = z.infer<typeof capacityAnswer>;
