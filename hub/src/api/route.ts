import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ApiError } from './api-error.ts';
import type { Caller, RouteAuth } from './caller.ts';
import type { ApiContext } from './context.ts';
import type { RateName } from './rate-limit.ts';

type Schema = z.ZodType;

/** What a route's `handle` gets: everything parsed, the caller let in. */
export interface Call<A extends RouteAuth, P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: A extends 'public' ? Caller | null : Caller;
  readonly request: FastifyRequest;
  /** Only for cookies, headers and streams; the answer is what `handle` returns. */
  readonly reply: FastifyReply;
}

export interface RouteSpec<
  A extends RouteAuth,
  P extends Schema,
  Q extends Schema,
  B extends Schema,
  R extends Schema,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As in OpenAPI: `/api/v1/hosts/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** The least role that gets in. */
  readonly auth: A;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Left out: no content (204), or what `produces` says. */
  readonly response?: R;
  readonly produces?: 'text/plain' | 'text/event-stream';
  readonly status?: number;
  /** What the audit calls it. Null where nothing changes or the part behind the route writes the entry itself. */
  readonly audit?: string | null;
  readonly rate?: RateName;
  readonly bodyLimitBytes?: number;
  handle(
    call: Call<A, z.output<P>, z.output<Q>, z.output<B>>,
    hub: ApiContext,
  ): Promise<NoInfer<z.input<R>>> | NoInfer<z.input<R>>;
}

/** A route with its types closed over: the server and the OpenAPI document see only this. */
export interface Route extends Readonly<Omit<RouteSpec<RouteAuth, Schema, Schema, Schema, Schema>, 'handle'>> {
  answer(request: FastifyRequest, reply: FastifyReply, caller: Caller | null, hub: ApiContext): Promise<unknown>;
}

export function defineRoute<
  A extends RouteAuth,
  P extends Schema = z.ZodUndefined,
  Q extends Schema = z.ZodUndefined,
  B extends Schema = z.ZodUndefined,
  R extends Schema = z.ZodVoid,
>(spec: RouteSpec<A, P, Q, B, R>): Route {
  const { handle, ...described } = spec;
  return {
    ...described,
    async answer(request, reply, caller, hub) {
      const call = {
        params: parse(spec.params, request.params, 'path'),
        query: parse(spec.query, request.query, 'query'),
        body: parse(spec.body, request.body, 'body'),
        request,
        reply,
        // The server has let the caller in by `auth` before it calls `answer`.
        caller: caller as Call<A, unknown, unknown, unknown>['caller'],
      };
      return handle(call, hub);
    },
  };
}

function parse<S extends Schema>(schema: S | undefined, value: unknown, where: string): z.output<S> {
  // Without a schema the handler's type says `undefined`, and that is what it gets.
  if (schema === undefined) return undefined as z.output<S>;
  const parsed = schema.safeParse(value ?? (where === 'query' ? {} : value));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 20).map((issue) => ({
    path: [where, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  throw new ApiError(400, 'BAD_REQUEST', `${issues[0]?.path ?? where}: ${issues[0]?.message ?? 'not valid'}`, {
    issues,
  });
}
