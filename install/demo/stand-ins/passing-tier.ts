import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Agent, request as ask, createServer } from 'node:http';
import { parseArgs } from 'node:util';

/**
 * Stand-in for a web server or a WAS: passes every request to the tier behind it, with the same access log and the same
 * patience as the real one.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    log: { type: 'string' },
    target: { type: 'string' },
    'timeout-ms': { type: 'string' },
  },
});
const target = new URL(`http://${values.target}`);
const timeoutMs = Number(values['timeout-ms'] ?? 10_000);
const log = createWriteStream(values.log ?? '/dev/null', { flags: 'a' });
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

createServer((incoming, response) => {
  if (incoming.url === '/health') return void response.end('{"ok":true}');
  const startedAt = performance.now();
  const context = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(String(incoming.headers.traceparent ?? ''));
  const trace = context?.[1] ?? randomBytes(16).toString('hex');
  const span = randomBytes(8).toString('hex');
  const headers = { host: target.host, traceparent: `00-${trace}-${span}-01` };
  const finish = (status: number): void => {
    const ms = Math.round((performance.now() - startedAt) * 10) / 10;
    const { method, url = '/' } = incoming;
    const path = url.split('?')[0];
    const line = {
      t: Date.now() / 1_000,
      ms,
      status,
      method,
      path,
      trace,
      span,
      parent: context?.[2] ?? '',
      peer: target.host,
      peerMs: ms,
      peerStatus: status,
    };
    log.write(`${JSON.stringify(line)}\n`);
  };
  const onward = ask(
    {
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      headers,
      agent,
      timeout: timeoutMs,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        'content-type': answer.headers['content-type'] ?? 'application/json',
      });
      answer.pipe(response);
      answer.on('end', () => finish(answer.statusCode ?? 502));
    },
  );
  onward.on('timeout', () => onward.destroy(new Error('timeout')));
  onward.on('error', (error) => {
    const status = error.message === 'timeout' ? 504 : 502;
    if (!response.headersSent) response.writeHead(status);
    response.end();
    finish(status);
  });
  incoming.pipe(onward);
}).listen(Number(values.port), '127.0.0.1');
