import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fastifyCookie from '@fastify/cookie';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorCode, errorText, HubError } from '../errors.ts';
import { ApiError } from './api-error.ts';
import { admit, type Caller, identify, isUnsafe, refuseOtherSites } from './caller.ts';
import type { ApiContext } from './context.ts';
import { routes as allRoutes } from './index.ts';
import { startLiveUpdates } from './live-updates.ts';
import { openApiDocument, statusOf } from './openapi.ts';
import { toProblem } from './problem.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRequestMetrics } from './request-metrics.ts';
import type { Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import { serveConsole } from './static-console.ts';

const DEFAULT_BODY_BYTES = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

export interface ApiOptions {
  readonly hub: Omit<ApiContext, 'requests'>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | null;
  /** Folder of the built console. */
  readonly consoleRoot: string;
  /** Tests: an answer that its schema does not describe exactly is a failure. */
  readonly checkAnswers?: boolean;
  readonly routes?: readonly Route[];
}

export interface Api extends AsyncDisposable {
  /** `http://127.0.0.1:8730` */
  readonly url: string;
  readonly port: number;
}

/** The hub's HTTP side: API, console, probes. Listens when it resolves. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const hub: ApiContext = { ...options.hub, requests: createRequestMetrics() };
  const app = await buildApp(options, hub);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (cause) {
    await app.close();
    if (errorCode(cause) !== 'EADDRINUSE') throw cause;
    throw new HubError(
      'HTTP_PORT_TAKEN',
      `${options.host}:${options.port} is in use`,
      'set AIRIS_HTTP to another address',
      {
        cause,
      },
    );
  }
  const live = startLiveUpdates(hub);
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `${options.tls === null ? 'http' : 'https'}://${host}:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      live[Symbol.dispose]();
      await app.close();
    },
  };
}

async function buildApp(options: ApiOptions, hub: ApiContext): Promise<FastifyInstance> {
  const settings = {
    bodyLimit: DEFAULT_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    // A HEAD of the event stream would never end.
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 300 },
  } as const;
  // Plain HTTP and HTTPS differ in the server's type only; nothing below asks which it is.
  const app = (options.tls === null
    ? Fastify(settings)
    : Fastify({ ...settings, https: { ...options.tls } })) as unknown as FastifyInstance;
  const headers = securityHeaders(options.tls !== null);
  await app.register(fastifyCookie);
  acceptEmptyJson(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...headers, 'x-request-id': request.id, 'cache-control': 'no-store' });
  });
  app.addHook('onResponse', async (request, reply) => {
    const path = request.routeOptions.url ?? 'other';
    hub.requests.record(request.method, path, reply.statusCode, reply.elapsedTime / 1000);
  });
  app.setErrorHandler((thrown, request, reply) => {
    const problem = toProblem(thrown, request.id);
    if (problem.status >= 500) {
      hub.log.error('API_FAILED', errorText(thrown), {
        requestId: request.id,
        method: request.method,
        path: request.url.split('?')[0],
      });
    }
    reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  const routes = options.routes ?? allRoutes;
  const limits = createRateLimit(hub.clock);
  for (const route of routes) addRoute(app, route, hub, limits, options.checkAnswers ?? false);
  const document = JSON.stringify(openApiDocument(routes, hub.version));
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(document));
  await serveConsole(app, options.consoleRoot);
  return app;
}

/** Clients that always send the header have nothing to say in some calls. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    // `parseAs: 'string'` gives a string.
    else parse(request, body as string, done);
  });
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  hub: ApiContext,
  limits: ReturnType<typeof createRateLimit>,
  checkAnswers: boolean,
): void {
  const callers = new WeakMap<FastifyRequest, Caller | null>();
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit: route.bodyLimitBytes ?? DEFAULT_BODY_BYTES,
    // Before the body is read: whoever may not call makes no work.
    onRequest: async (request, reply) => {
      if (isUnsafe(request.method)) refuseOtherSites(request);
      if (route.auth === 'public') {
        limit(limits, route, request.ip, reply);
        return;
      }
      const caller = await identify(request, hub.access);
      limit(limits, route, caller?.who ?? request.ip, reply);
      callers.set(request, caller);
      admit(caller, route.auth);
    },
    handler: async (request, reply) => {
      const caller = callers.get(request) ?? null;
      reply.code(statusOf(route));
      try {
        const answer = await route.answer(request, reply, caller, hub);
        if (checkAnswers) check(route, answer);
        await audit(route, hub, request, caller, 'done');
        return reply.sent || reply.raw.headersSent ? reply : reply.send(answer);
      } catch (cause) {
        await audit(route, hub, request, caller, 'refused');
        throw cause;
      }
    },
  });
}

function limit(limits: ReturnType<typeof createRateLimit>, route: Route, key: string, reply: FastifyReply): void {
  const waitSeconds = limits.take(route.rate ?? 'normal', key);
  if (waitSeconds === 0) return;
  reply.header('retry-after', waitSeconds);
  throw new ApiError(429, 'RATE_LIMITED', `too many requests; try again in ${waitSeconds} s`);
}

/** Written before the answer leaves: what is not on record did not succeed. */
async function audit(
  route: Route,
  hub: ApiContext,
  request: FastifyRequest,
  caller: Caller | null,
  outcome: 'done' | 'refused',
): Promise<void> {
  if (route.audit == null || caller === null) return;
  const target = Object.values((request.params ?? {}) as Record<string, string>)[0] ?? ''; // path parameters are texts
  await hub.audit.append({
    atUnixMs: hub.clock(),
    who: caller.who,
    action: route.audit,
    target,
    outcome,
    details: { requestId: request.id },
  });
}

function check(route: Route, answer: unknown): void {
  if (route.response === undefined) return;
  const sent: unknown = JSON.parse(JSON.stringify(answer));
  const parsed = route.response.parse(sent);
  if (!isDeepStrictEqual(parsed, sent)) {
    throw new Error(`${route.method} ${route.path} answers with fields that its schema does not know`);
  }
}
