import { z } from 'zod';
import { koreanTime } from '../korean-time.ts';
import { notFound } from './api-error.ts';
import { timeOrNull } from './present.ts';
import { defineRoute } from './route.ts';
import { enrolmentTokenItem, enrolmentTokenMade, enrolmentTokenRequest } from './schema/access.ts';
import { pageOf } from './schema/common.ts';

const path = '/api/v1/enrolment-tokens';

export const listEnrolmentTokens = defineRoute({
  method: 'GET',
  path,
  summary: 'Enrolment tokens and what became of them, newest first',
  auth: 'admin',
  response: pageOf(enrolmentTokenItem),
  async handle(_call, hub) {
    const tokens = await hub.enrolment.tokens();
    const items = tokens.map((token) => ({
      id: token.id,
      wantedId: token.wantedId,
      createdBy: token.createdBy,
      createdAt: koreanTime(token.createdAtUnixMs),
      expiresAt: koreanTime(token.expiresAtUnixMs),
      usedAt: timeOrNull(token.usedAtUnixMs),
      agent: token.usedByAgent,
    }));
    return { items, nextCursor: null };
  },
});

export const createEnrolmentToken = defineRoute({
  method: 'POST',
  path,
  summary: 'Make a single-use token for one host, good for 15 minutes; its text is in this answer only',
  auth: 'admin',
  body: enrolmentTokenRequest,
  response: enrolmentTokenMade,
  status: 201,
  audit: null,
  async handle({ body: { wantedId, generalLogSources = [] }, caller }, hub) {
    const { id, token, expiresAtUnixMs } = await hub.enrolment.createToken(caller.who, {
      generalLogSources,
      ...(wantedId === undefined ? {} : { wantedId }),
    });
    return { id, token, command: hub.enrolCommand(token), expiresAt: koreanTime(expiresAtUnixMs) };
  },
});

export const withdrawEnrolmentToken = defineRoute({
  method: 'DELETE',
  path: `${path}/{id}`,
  summary: 'Withdraw an enrolment token that was not used',
  auth: 'admin',
  params: z.strictObject({ id: z.string().min(1).max(100) }),
  audit: null,
  async handle({ params: { id }, caller }, hub) {
    if (!(await hub.enrolment.withdrawToken(caller.who, id))) throw notFound(`unused enrolment token ${id}`);
  },
});
