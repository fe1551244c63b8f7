import type { FastifyReply } from 'fastify';
import type { OpenSession } from '../auth/access.ts';
import { ApiError } from './api-error.ts';
import { SESSION_COOKIE } from './caller.ts';
import type { ApiContext } from './context.ts';
import { defineRoute } from './route.ts';
import { sessionRequest, session as sessionSchema } from './schema/session.ts';
import type { Session } from './types.ts';

const path = '/api/v1/session';

export const signIn = defineRoute({
  method: 'POST',
  path,
  summary: 'Sign in with the token of a one-time link, or with name and password',
  auth: 'public',
  body: sessionRequest,
  response: sessionSchema,
  status: 201,
  audit: null,
  rate: 'sign-in',
  async handle({ body, request, reply }, hub) {
    const opened =
      'token' in body
        ? await hub.access.signInWithLink(body.token, request.ip)
        : await hub.access.signInWithPassword(body.user, body.password, request.ip);
    if (!opened.ok) {
      throw new ApiError(opened.reason === 'too-many-attempts' ? 429 : 401, 'SIGN_IN_REFUSED', opened.detail, {
        hint: 'a link works once and for 15 minutes; make another with `airis-hub user link`',
      });
    }
    setCookie(reply, hub, opened.value);
    return present(opened.value, hub);
  },
});

export const readSession = defineRoute({
  method: 'GET',
  path,
  summary: 'Who is signed in, and the CSRF value',
  auth: 'viewer',
  response: sessionSchema,
  async handle({ caller }, hub) {
    if (caller.kind === 'token') return { user: caller.name, role: caller.role, csrf: '', hasDemo: hub.demo !== null };
    const open = await hub.access.session(caller.secret);
    if (open === null) throw new ApiError(401, 'NOT_SIGNED_IN', 'the session is over');
    return present(open, hub);
  },
});

export const signOut = defineRoute({
  method: 'DELETE',
  path,
  summary: 'Sign out',
  auth: 'viewer',
  audit: 'session.end',
  async handle({ caller, reply }, hub) {
    if (caller.kind === 'session') await hub.access.endSession(caller.secret);
    reply.clearCookie(SESSION_COOKIE, { path: '/' });
  },
});

function setCookie(reply: FastifyReply, hub: ApiContext, { secret, expiresAtUnixMs }: OpenSession): void {
  reply.setCookie(SESSION_COOKIE, secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: reply.request.protocol === 'https' || hub.isBehindTls,
    maxAge: Math.max(0, Math.floor((expiresAtUnixMs - hub.clock()) / 1000)),
  });
}

function present({ principal, csrf }: OpenSession, hub: ApiContext): Session {
  return { user: principal.name, role: principal.role, csrf, hasDemo: hub.demo !== null };
}
