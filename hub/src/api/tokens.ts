import { z } from 'zod';
import { koreanTime } from '../korean-time.ts';
import type { ApiTokenRecord } from '../store/state/access.ts';
import { notFound } from './api-error.ts';
import { timeOrNull } from './present.ts';
import { defineRoute } from './route.ts';
import { apiToken, apiTokenMade, apiTokenRequest } from './schema/access.ts';
import { pageOf } from './schema/common.ts';
import type { ApiToken } from './types.ts';

const path = '/api/v1/tokens';
const DAY_MS = 86_400_000;

export const listTokens = defineRoute({
  method: 'GET',
  path,
  summary: 'API tokens in force, without their text',
  auth: 'admin',
  response: pageOf(apiToken),
  async handle(_call, hub) {
    const tokens = await hub.people.apiTokens();
    return { items: tokens.filter((token) => token.revokedAtUnixMs === null).map(present), nextCursor: null };
  },
});

export const createToken = defineRoute({
  method: 'POST',
  path,
  summary: 'Make an API token; its text is in this answer only',
  auth: 'admin',
  body: apiTokenRequest,
  response: apiTokenMade,
  status: 201,
  audit: null,
  async handle({ body: { name, role, expiresInDays }, caller }, hub) {
    const lifetimeMs = expiresInDays === undefined ? null : expiresInDays * DAY_MS;
    const { record, secret } = await hub.access.createApiToken(caller.who, { name, role, lifetimeMs });
    return { ...present(record), token: secret };
  },
});

export const revokeToken = defineRoute({
  method: 'DELETE',
  path: `${path}/{id}`,
  summary: 'Revoke an API token',
  auth: 'admin',
  params: z.strictObject({ id: z.string().min(1).max(100) }),
  audit: null,
  async handle({ params: { id }, caller }, hub) {
    if (!(await hub.access.revokeApiToken(caller.who, id))) throw notFound(`token ${id}`);
  },
});

function present(token: Omit<ApiTokenRecord, 'revokedAtUnixMs'>): ApiToken {
  const { id, name, role, createdBy, createdAtUnixMs, expiresAtUnixMs } = token;
  return { id, name, role, createdBy, createdAt: koreanTime(createdAtUnixMs), expiresAt: timeOrNull(expiresAtUnixMs) };
}
