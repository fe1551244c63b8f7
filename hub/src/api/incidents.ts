import { z } from 'zod';
import type { ActRequest } from '../incident/service.ts';
import { ApiError, notFound } from './api-error.ts';
import type { ApiContext } from './context.ts';
import { agentOf, incidentNumberOf, presentIncident, presentIncidentDetail } from './present.ts';
import { defineRoute } from './route.ts';
import { nothing, pageOf } from './schema/common.ts';
import {
  feedbackRequest,
  incident,
  incidentDetail,
  incidentId,
  incidentsQuery,
  noteRequest,
  resolveRequest,
} from './schema/incident.ts';
import type { Incident } from './types.ts';

const path = '/api/v1/incidents';
const params = z.strictObject({ id: incidentId });
const forPeople = { method: 'POST', auth: 'operator', params, response: incident } as const;

export const listIncidents = defineRoute({
  method: 'GET',
  path,
  summary: 'Incidents, newest first',
  auth: 'viewer',
  query: incidentsQuery,
  response: pageOf(incident),
  async handle({ query: { state, host, limit, cursor } }, hub) {
    const agent = host === undefined ? undefined : agentOf(host);
    const page = await hub.records.listIncidents({ state, agent }, { limit, after: cursor });
    return { items: page.items.map(presentIncident), nextCursor: page.next };
  },
});

export const readIncident = defineRoute({
  method: 'GET',
  path: `${path}/{id}`,
  summary: 'One incident: alerts, causes with evidence, timeline. One that was taken in by another answers as that one',
  auth: 'viewer',
  params,
  response: incidentDetail,
  async handle({ params: { id } }, hub) {
    const view = await hub.incidents.view(incidentNumberOf(id));
    if (view === null) throw notFound(`incident ${id}`);
    return presentIncidentDetail(view);
  },
});

export const acknowledgeIncident = defineRoute({
  ...forPeople,
  path: `${path}/{id}/ack`,
  summary: 'Say that you are working on it',
  body: nothing.optional(),
  audit: 'incident.acknowledge',
  handle: ({ params: { id }, caller }, hub) => act(hub, id, { kind: 'acknowledge', who: caller.who, text: '' }),
});

export const resolveIncident = defineRoute({
  ...forPeople,
  path: `${path}/{id}/resolve`,
  summary: 'Say that it is over; what still holds counts as settled',
  body: resolveRequest.optional(),
  audit: 'incident.resolve',
  handle: ({ params: { id }, caller, body }, hub) =>
    act(hub, id, { kind: 'resolve', who: caller.who, text: body?.reason ?? '' }),
});

export const noteOnIncident = defineRoute({
  ...forPeople,
  path: `${path}/{id}/note`,
  summary: 'Add a note to the response log',
  body: noteRequest,
  audit: 'incident.note',
  handle: ({ params: { id }, caller, body }, hub) => act(hub, id, { kind: 'note', who: caller.who, text: body.text }),
});

export const feedbackOnIncident = defineRoute({
  ...forPeople,
  path: `${path}/{id}/feedback`,
  summary: 'Say whether the first cause was right',
  body: feedbackRequest,
  audit: 'incident.feedback',
  handle: ({ params: { id }, caller, body }, hub) =>
    act(hub, id, {
      kind: 'feedback',
      who: caller.who,
      text: body.text ?? '',
      verdict: body.verdict,
      entity: body.entity ?? null,
    }),
});

async function act(hub: ApiContext, id: string, request: ActRequest): Promise<Incident> {
  const done = await hub.incidents.act(incidentNumberOf(id), request);
  if (done.ok) return presentIncident(done.value);
  if (done.reason === 'unknown') throw notFound(`incident ${id}`);
  throw new ApiError(409, 'CONFLICT', done.detail);
}
