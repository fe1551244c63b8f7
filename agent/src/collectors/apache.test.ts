import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseApacheConfig, readApacheConfig } from '../discover/apache-config.ts';
import { apacheFacts, upstreamAddress } from '../discover/apache-facts.ts';
import { accessLogCollector } from './access-log-collector.ts';
import { compileApacheLog } from './apache-log.ts';
import { parseApacheStatus } from './apache-status.ts';
import { createHost } from './host.ts';

const combined = '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"';

it('reads a combined line whose client tries to look like another request', () => {
  const line = String.raw`127.0.0.1 - - [23/Nov/2026:05:06:56 +0000] "GET /a\" 200 5 HTTP/1.1" 503 437 "-" "x\" 200 \"y"`;
  expect(compileApacheLog(combined)?.(line)).toMatchObject({ status: 503, responseBytes: 437, durationSeconds: null });
});

it.each([
  ['%D', '1500000', 1.5],
  ['%{ms}T', '1500', 1.5],
  ['%T', '2', 2],
  ['%D', '-', null],
])('takes the time of %s', (field, text, seconds) => {
  expect(compileApacheLog(`%>s ${field}`)?.(`200 ${text}`)?.durationSeconds).toBe(seconds);
});

it.each([
  ['%t', '[23/Nov/2026:05:06:56 +0900]', Date.UTC(2026, 10, 22, 20, 6, 56)],
  ['%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t', '2026-11-23T05:06:56.789+0000', Date.UTC(2026, 10, 23, 5, 6, 56, 789)],
  ['%{sec}t.%{msec_frac}t', '1795395378.172', 1_795_395_378_172],
  ['%{msec}t', '1795395378172', 1_795_395_378_172],
  ['%{usec}t', '1795395378172000', 1_795_395_378_172],
  ['%t', 'ignore previous instructions', null],
])('takes %s for the beginning, and adds what the request took', (field, text, unixMs) => {
  const request = compileApacheLog(`${field}|%>s|%D`)?.(`${text}|200|250000`);
  expect(request?.endUnixMs).toBe(unixMs === null ? null : unixMs + 250);
});

it('keeps the path without its query, the trace, and the worker that answered', () => {
  const read = compileApacheLog('%>s %m %U%q %{traceparent}i %{BALANCER_WORKER_NAME}e %!200{X}o %%');
  const trace = '588397045ca96c5b48b38537c72c949d';
  expect(read?.(`200 GET /a?b=c 00-${trace}-588397045ca96c5b-01 http://10.0.0.7:8080 - %`)).toMatchObject({
    path: '/a',
    method: 'GET',
    traceId: trace,
    parentSpanId: '588397045ca96c5b',
    peer: '10.0.0.7:8080',
  });
  expect(compileApacheLog('%h %U')).toBeNull();
});

it('is a format that logs given to access-log may have', () => {
  const create = (logFormat?: string) =>
    accessLogCollector.create({ files: [{ path: '/x', format: 'apache', ...(logFormat && { logFormat }) }] });
  expect(() => create()).not.toThrow();
  expect(() => create('%h %D')).toThrow('%>s');
});

it('survives any format and any line', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), fc.string({ maxLength: 200 }), (format, line) => {
      const request = compileApacheLog(`${format}%>s "%r"`)?.(line) ?? null;
      if (request !== null) expect(request.status).toBeLessThan(600);
    }),
  );
});

const page = `127.0.0.1
ServerVersion: Apache/2.4.71 (Debian)
ServerUptimeSeconds: 2
Total Accesses: 7
Total kBytes: 3
Total Duration: 1500
BusyWorkers: 1
IdleWorkers: 24
ConnsTotal: 2
ConnsAsyncWaitIO: 0
ConnsAsyncKeepAlive: 1
Scoreboard: WK_..<\u001b[31m
`;

it('reads a status page, and takes nothing else for one', () => {
  const status = parseApacheStatus(page);
  expect(status).toMatchObject({
    busy: 1,
    idle: 24,
    requests: 7,
    bytes: 3_072,
    requestSeconds: 1.5,
    uptimeSeconds: 2,
    connections: 2,
    asyncConnections: { keepalive: 1, wait_io: 0 },
  });
  expect(Object.fromEntries(status?.scoreboard ?? [])).toMatchObject({ sending: 1, keepalive: 1, waiting: 1, open: 2 });
  for (const other of ['', '<html>', 'BusyWorkers: -1\nIdleWorkers: x', 'BusyWorkers: 1e9\nIdleWorkers: 1']) {
    expect(parseApacheStatus(other)).toBeNull();
  }
  expect(parseApacheStatus('BusyWorkers: 1\nIdleWorkers: 2')).toMatchObject({ requests: null, connections: null });
});

/** As `/etc/httpd/conf/httpd.conf` of Red Hat's package, shortened. */
const redHat = `ServerRoot "/etc/httpd"
Listen 80
Include conf.modules.d/*.conf
<IfModule log_config_module>
    LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
    LogFormat "%h %D %>s" \\
       timed
    <IfModule !mpm_netware_module>
    CustomLog "logs/never" common
    </IfModule>
    CustomLog "logs/access_log" common
    CustomLog "logs/timed_log" timed
    CustomLog "|/usr/bin/rotatelogs x" common
    CustomLog "logs/only" common env=x
</IfModule>
<IfDefine STATUS>
<Location "/server-status">
  SetHandler server-status
</Location>
</IfDefine>
<VirtualHost *:443>
  SSLEngine on
  ProxyPass / balancer://app/
  <Proxy balancer://app>
    BalancerMember ajp://10.0.0.8:8080/app?token=abc secret=def
    BalancerMember ajp://app-2:8009
  </Proxy>
</VirtualHost>
`;

it('reads the layout of Red Hat', async () => {
  const files = new Map([['/etc/httpd/conf/httpd.conf', redHat]]);
  const host = { ...createHost('/nonexistent'), tryReadText: async (path: string) => files.get(path) ?? null };
  const config = await readApacheConfig(host, {
    path: '/etc/httpd/conf/httpd.conf',
    serverRoot: '/etc/httpd',
    defined: new Map([['STATUS', '']]),
  });
  expect(apacheFacts(config?.directives ?? [], config?.serverRoot ?? '')).toEqual({
    ports: [80],
    statusPages: [{ port: 80, path: '/server-status' }],
    accessLogs: [{ path: '/etc/httpd/logs/timed_log', format: '%h %D %>s' }],
    upstreams: [{ address: '10.0.0.8:8080', text: 'balancermember ajp://10.0.0.8:8080/app' }],
  });
});

it('ends at a bound where a configuration includes itself', async () => {
  const host = {
    ...createHost('/nonexistent'),
    tryReadText: async () => 'Include again.conf\nInclude again.conf\nDefine X 1\n',
  };
  const config = await readApacheConfig(host, { path: '/a', serverRoot: '/', defined: new Map([['X', 'xx']]) });
  expect(config?.directives).toEqual([]);
});

it('parses any text', () => {
  fc.assert(fc.property(fc.string(), (text) => void apacheFacts(parseApacheConfig(text), '/')));
});

it.each([
  ['http://10.0.0.7:8080/app', '10.0.0.7:8080'],
  ['http://localhost/', '127.0.0.1:80'],
  ['https://[::1]/', '[::1]:443'],
  ['proxy:fcgi://127.0.0.1:9000', '127.0.0.1:9000'],
  ['unix:/run/php.sock|fcgi://localhost/', null],
  ['http://user:secret@10.0.0.7/', null],
  ['balancer://app/', null],
  ['http://app.example/', null],
])('takes the address of %s', (text, address) => expect(upstreamAddress(text)).toBe(address));
