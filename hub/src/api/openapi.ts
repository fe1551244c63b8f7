import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { CSRF_HEADER, SESSION_COOKIE } from './caller.ts';
import type { Route } from './route.ts';
import { problem } from './schema/common.ts';

type Json = Record<string, unknown>;

/** The API as OpenAPI 3.1, from the same list and the same schemas as the server. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operation(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'AIRIS-MON',
      version,
      description:
        'Times are RFC 3339 with offset. Errors are application/problem+json with a stable code. Lists are { items, nextCursor }.',
    },
    paths,
    components: {
      schemas: { Problem: jsonSchema(problem, 'output') },
      responses: {
        Problem: {
          description: 'What went wrong',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: `unsafe methods also need the ${CSRF_HEADER} header`,
        },
      },
    },
  };
}

function operation(route: Route): Json {
  const status = statusOf(route);
  return {
    summary: route.summary,
    operationId: operationId(route),
    tags: [route.path.split('/')[3] ?? 'hub'],
    security: route.auth === 'public' ? [] : [{ bearer: [] }, { session: [] }],
    ...(route.auth === 'public' ? {} : { 'x-airis-role': route.auth }),
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(route.body, 'input') } } },
        }),
    responses: { [status]: success(route, status), default: { $ref: '#/components/responses/Problem' } },
  };
}

/** 204 where there is nothing to say, unless the route names another. */
export function statusOf(route: Pick<Route, 'status' | 'response' | 'produces'>): number {
  return route.status ?? (route.response === undefined && route.produces === undefined ? 204 : 200);
}

function success(route: Route, status: number): Json {
  const description = STATUS_CODES[status] ?? 'Done';
  if (route.response !== undefined) {
    return { description, content: { 'application/json': { schema: jsonSchema(route.response, 'output') } } };
  }
  if (route.produces === undefined) return { description };
  return { description, content: { [route.produces]: { schema: { type: 'string' } } } };
}

function parameters(schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  }; // parameter schemas are objects
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}

function operationId(route: Route): string {
  const words = route.path
    .replace('/api/v1', '')
    .split(/[^a-zA-Z0-9]+/)
    .filter((word) => word !== '');
  return [route.method.toLowerCase(), ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join('');
}
