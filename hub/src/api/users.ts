import { z } from 'zod';
import { koreanTime } from '../korean-time.ts';
import { ApiError, notFound } from './api-error.ts';
import { defineRoute } from './route.ts';
import { user, userName, userRequest } from './schema/access.ts';
import { pageOf } from './schema/common.ts';

const path = '/api/v1/users';

export const listUsers = defineRoute({
  method: 'GET',
  path,
  summary: 'People who may sign in',
  auth: 'admin',
  response: pageOf(user),
  async handle(_call, hub) {
    const users = await hub.people.users();
    return {
      items: users.map(({ name, role, createdAtUnixMs }) => ({ name, role, createdAt: koreanTime(createdAtUnixMs) })),
      nextCursor: null,
    };
  },
});

export const putUser = defineRoute({
  method: 'POST',
  path,
  summary: 'Add a person, or change role and password; their sessions end',
  auth: 'admin',
  body: userRequest,
  response: user,
  status: 201,
  audit: null,
  async handle({ body, caller }, hub) {
    const done = await hub.access.putUser(caller.who, body);
    if (!done.ok)
      throw new ApiError(
        done.reason === 'last-admin' ? 409 : 400,
        done.reason === 'last-admin' ? 'CONFLICT' : 'BAD_REQUEST',
        done.detail,
      );
    const { name, role, createdAtUnixMs } = done.value;
    return { name, role, createdAt: koreanTime(createdAtUnixMs) };
  },
});

export const removeUser = defineRoute({
  method: 'DELETE',
  path: `${path}/{name}`,
  summary: 'Remove a person; their sessions end',
  auth: 'admin',
  params: z.strictObject({ name: userName }),
  audit: null,
  async handle({ params: { name }, caller }, hub) {
    const done = await hub.access.removeUser(caller.who, name);
    if (done.ok) return;
    if (done.reason === 'unknown-user') throw notFound(`user ${name}`);
    throw new ApiError(409, 'CONFLICT', done.detail);
  },
});
