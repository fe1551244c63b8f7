import { z } from 'zod';
import { type ResourceCapacity, readCapacity } from '../capacity/read-capacity.ts';
import { koreanTime } from '../korean-time.ts';
import { notFound } from './api-error.ts';
import { agentOf } from './present.ts';
import { defineRoute } from './route.ts';
import { capacityAnswer } from './schema/capacity.ts';
import { hostId } from './schema/common.ts';

const DAY_MS = 86_400_000;

export const readHostCapacity = defineRoute({
  method: 'GET',
  path: '/api/v1/hosts/{id}/capacity',
  summary: 'When disks, folders, memory and connection pools of a host are full, from up to 60 days of past',
  auth: 'viewer',
  params: z.strictObject({ id: hostId }),
  response: capacityAnswer,
  async handle({ params: { id } }, hub) {
    const agent = await hub.agents.agent(agentOf(id));
    if (agent === null) throw notFound(`host ${id}`);
    const resources = await readCapacity(hub.query, agent.id, hub.clock());
    return { host: id, resources: resources.map(present) };
  },
});

function present({ kind, name, usedRatio, forecast, atUnixMs, daysOfPast }: ResourceCapacity) {
  const at = (inMs: number | null | undefined) => (inMs == null ? null : koreanTime(atUnixMs + inMs));
  return {
    kind,
    name,
    usedRatio,
    perDayRatio: forecast?.perDay ?? null,
    fullAt: at(forecast?.inMs),
    earliestFullAt: at(forecast?.earliestInMs),
    latestFullAt: at(forecast?.latestInMs),
    probability: forecast?.probability ?? null,
    horizonDays: forecast === null ? null : Math.round(forecast.horizonMs / DAY_MS),
    daysOfPast,
  };
}
