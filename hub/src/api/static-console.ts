import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound } from './api-error.ts';

/** Vite gives built files a hash in their names: they never change. */
const HASHED = 'public, max-age=31536000, immutable';
const ALWAYS_ASK = 'no-cache';

/**
 * The built console. Paths of its pages (`/incidents/INC-1001`) are not files: they get `index.html`, and the console
 * shows what the path says.
 *
 * @param root - folder with `index.html` and `assets/`
 */
export async function serveConsole(app: FastifyInstance, root: string): Promise<void> {
  const isBuilt = existsSync(join(root, 'index.html'));
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root,
      wildcard: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header('cache-control', path.includes('/assets/') ? HASHED : ALWAYS_ASK);
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    if (!isPage(request)) throw notFound(`path ${request.method} ${request.url.split('?')[0]}`);
    reply.header('cache-control', ALWAYS_ASK);
    if (isBuilt) return reply.sendFile('index.html');
    return reply.code(503).type('text/plain').send('The console is not built. The API is at /openapi.json.\n');
  });
}

function isPage(request: FastifyRequest): boolean {
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  const path = request.url.split('?')[0] ?? '/';
  const isFile = /\.(?:js|css|map|json|svg|png|ico|txt|woff2)$/.test(path) || path.startsWith('/assets/');
  return isReading && !path.startsWith('/api/') && !isFile;
}
