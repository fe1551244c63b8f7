import '@fastify/cookie';
import type { FastifyRequest } from 'fastify';
import type { AccessService } from '../auth/access.ts';
import { ApiError } from './api-error.ts';
import type { AccessRole } from './types.ts';

export const SESSION_COOKIE = 'airis_session';
export const CSRF_HEADER = 'x-airis-csrf';

/** Who asks, once known. */
export interface Caller {
  readonly kind: 'session' | 'token';
  readonly name: string;
  readonly role: AccessRole;
  /** As the audit writes it: `user:kim`, `token:ci`. */
  readonly who: string;
  /** Cookie or Bearer text, so that a long stream can ask again. Never logged. */
  readonly secret: string;
}

export type RouteAuth = 'public' | AccessRole;

const RANK: Readonly<Record<AccessRole, number>> = { viewer: 0, operator: 1, admin: 2 };
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export const isUnsafe = (method: string): boolean => UNSAFE.has(method);

/** Finds the caller by Bearer token or by cookie; a cookie alone may not change anything without its CSRF header. */
export async function identify(request: FastifyRequest, access: AccessService): Promise<Caller | null> {
  const authorization = request.headers.authorization;
  if (authorization !== undefined) return byToken(authorization, request.ip, access);
  const secret = request.cookies[SESSION_COOKIE];
  if (secret === undefined || secret === '') return null;
  const session = await access.session(secret);
  if (session === null) return null;
  if (isUnsafe(request.method) && !access.isCsrfToken(secret, headerText(request.headers[CSRF_HEADER]))) {
    throw new ApiError(403, 'CSRF', 'the X-Airis-Csrf header is missing or wrong', {
      hint: 'send the csrf value of GET /api/v1/session',
    });
  }
  const { name, role } = session.principal;
  return { kind: 'session', name, role, who: `user:${name}`, secret };
}

/** Still the same person with the same rights? */
export async function isStillValid(caller: Caller, address: string, access: AccessService): Promise<boolean> {
  if (caller.kind === 'session') return (await access.session(caller.secret))?.principal.role === caller.role;
  const found = await access.bearer(caller.secret, address);
  return found.ok && found.value.role === caller.role;
}

/** The caller, when the route lets them in. */
export function admit(caller: Caller | null, auth: AccessRole): Caller {
  if (caller === null) {
    throw new ApiError(401, 'NOT_SIGNED_IN', 'sign in, or send Authorization: Bearer <token>');
  }
  if (RANK[caller.role] < RANK[auth]) {
    throw new ApiError(403, 'FORBIDDEN', `this needs the role ${auth}; you have ${caller.role}`);
  }
  return caller;
}

/** Browsers say where a request comes from; other sites have no business here, signed in or not. */
export function refuseOtherSites(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    throw new ApiError(403, 'CROSS_SITE', 'requests from other sites are refused');
  }
}

async function byToken(authorization: string, address: string, access: AccessService): Promise<Caller | null> {
  const secret = /^Bearer ([\x21-\x7e]{8,512})$/i.exec(authorization)?.[1];
  if (secret === undefined) return null;
  const found = await access.bearer(secret, address);
  if (!found.ok) return null;
  const { name, role } = found.value;
  return { kind: 'token', name, role, who: `token:${name}`, secret };
}

const headerText = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');
