import { z } from 'zod';
import { hostRows } from './host-rows.ts';
import { defineRoute } from './route.ts';

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

export const healthz = defineRoute({
  method: 'GET',
  path: '/healthz',
  summary: 'Alive: the process answers',
  auth: 'public',
  response: z.object({ ok: z.literal(true) }),
  handle: () => ({ ok: true as const }),
});

export const readyz = defineRoute({
  method: 'GET',
  path: '/readyz',
  summary: 'Ready: every engine answers; 503 with the names of those that do not',
  auth: 'public',
  response: z.object({ ok: z.boolean(), failing: z.array(z.string()) }),
  async handle({ reply }, hub) {
    const { ok, failing } = await hub.health.ready();
    if (!ok) reply.code(503);
    return { ok, failing: [...failing] };
  },
});

export const metrics = defineRoute({
  method: 'GET',
  path: '/metrics',
  summary: 'The hub’s own metrics, Prometheus text',
  auth: 'public',
  produces: 'text/plain',
  async handle({ reply }, hub) {
    const states = [...(await hostRows(hub)).values()].map((row) => row.state);
    const unresolved = await hub.records.unresolvedIncidents();
    const own = [
      '# TYPE airis_agents gauge',
      ...['ok', 'minor', 'major', 'critical', 'stale', 'revoked'].map(
        (state) => `airis_agents{state="${state}"} ${states.filter((each) => each === state).length}`,
      ),
      '# TYPE airis_incidents_unresolved gauge',
      `airis_incidents_unresolved ${unresolved.length}`,
      '# TYPE airis_stream_clients gauge',
      `airis_stream_clients ${hub.bus.subscribers}`,
      '',
    ].join('\n');
    reply.type(PROMETHEUS).send(own + hub.requests.text() + (await hub.health.metricsText()));
  },
});
