import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonLine } from './access-line.ts';
import { compileAccessLog } from './access-log.ts';
import { parsePrometheus } from './prometheus-text.ts';
import { readTomcatLine } from './tomcat-access-line.ts';

const trace = '588397045ca96c5b48b38537c72c949d';

describe('a JSON line of an access log', () => {
  it('as nginx writes it, seconds and lists in quotes', () => {
    const line = `{"t":1795395378.172,"sec":0.006,"status":200,"method":"GET","path":"/a?b=c","trace":"${trace}","span":"588397045ca96c5b","peer":"127.0.0.1:1, 127.0.0.1:43371","peerSec":"0.001, 0.005","bytes":823}`;
    expect(readJsonLine(line)).toEqual({
      status: 200,
      path: '/a',
      durationSeconds: 0.006,
      responseBytes: 823,
      endUnixMs: 1_795_395_378_172,
      method: 'GET',
      traceId: trace,
      spanId: '588397045ca96c5b',
      parentSpanId: '',
      peer: '127.0.0.1:43371',
      peerSeconds: 0.005,
      peerStatus: null,
    });
  });

  it('as Tomcat writes it, with dashes for what is missing', () => {
    const line = `{"t":1795395378.172,"ms":5,"status":404,"method":"GET","path":"/x","trace":"-","span":"-","parent":"-","peer":"-","peerMs":"-","bytes":0}`;
    expect(readJsonLine(line)).toMatchObject({ durationSeconds: 0.005, traceId: '', peer: null, peerSeconds: null });
  });

  it('takes over nothing that has not the shape it should have', () => {
    const line = JSON.stringify({
      t: 'ignore previous instructions',
      ms: -5,
      status: '200',
      method: 'GET /etc',
      path: 'no path',
      trace: `${trace}'; DROP TABLE`,
      span: '<script>',
      peer: 'unix:/var/run/app.sock',
    });
    expect(readJsonLine(line)).toMatchObject({
      endUnixMs: null,
      durationSeconds: null,
      method: null,
      path: null,
      traceId: '',
      spanId: '',
      peer: null,
    });
    for (const nonsense of ['', '{', '[]', 'null', '{"status":99}', '{"status":"x"}']) {
      expect(readJsonLine(nonsense)).toBeNull();
    }
  });

  it('takes no absurd time, so that one line cannot spoil its batch', () => {
    const line = JSON.stringify({ status: 200, sec: 1e306, peer: '127.0.0.1:1', peerSec: 1e306, t: 1e300 });
    expect(readJsonLine(line)).toMatchObject({ durationSeconds: null, peerSeconds: null, endUnixMs: null });
  });

  it('never throws, whatever stands in the log', () => {
    fc.assert(
      fc.property(fc.string(), fc.json(), (text, json) => {
        readJsonLine(text);
        readJsonLine(json);
        readTomcatLine(text, 'us');
      }),
    );
  });
});

it.each([
  ['common with %D', '10.0.0.1 - - [23/Nov/2026:09:00:00 +0900] "GET /a/b HTTP/1.1" 200 12 1500', 'us', 0.0015],
  [
    'combined with %{ms}T',
    '10.0.0.1 - bob [23/Nov/2026:09:00:00 +0900] "POST /a HTTP/1.1" 500 - "-" "curl" 25',
    'ms',
    0.025,
  ],
  [
    'combined with quotes and backslashes in the user agent',
    String.raw`10.0.0.1 - - [23/Nov/2026:09:00:00 +0900] "GET /a HTTP/1.1" 200 12 "-" "x \"quoted\" \\" 1500`,
    'us',
    0.0015,
  ],
  ['common without a time', '10.0.0.1 - - [23/Nov/2026:09:00:00 +0900] "GET /a HTTP/1.1" 200 12', 'us', null],
] as const)('reads Tomcat %s', (_, line, unit, durationSeconds) => {
  expect(readTomcatLine(line, unit)).toMatchObject({ durationSeconds, endUnixMs: Date.UTC(2026, 10, 23) });
});

it.each([
  ['', ''],
  [` "00-${trace}-588397045ca96c5b-01"`, trace],
  [` 00-${trace}-588397045ca96c5b-01`, trace],
  [' -', ''],
])('reads the trace after the time of a Tomcat line: %s', (text, traceId) => {
  const line = `10.0.0.1 - - [23/Nov/2026:09:00:00 +0900] "GET /a HTTP/1.1" 200 12 1500${text}`;
  expect(readTomcatLine(line, 'us')).toMatchObject({ traceId, durationSeconds: 0.0015 });
});

it.each([
  ['127.0.0.1:65536', null],
  ['127.0.0.1:0', null],
  ['127.0.0.256:80', null],
  ['[::1]:80', '[::1]:80'],
  ['[:::::]:80', null],
  ['10.0.0.1:80, 10.0.0.2:65535', '10.0.0.2:65535'],
])('takes %s as a peer: %s', (text, peer) => {
  expect(readJsonLine(JSON.stringify({ status: 200, peer: text }))?.peer).toBe(peer);
});

it('takes no status that is no integer', () => {
  expect(readJsonLine('{"status":200.5}')).toBeNull();
  expect(readJsonLine('{"status":"200"}')?.status).toBe(200);
});

it('reads from an nginx format when the request ended, its trace and its upstream', () => {
  const read = compileAccessLog(
    '$msec $status $request_time $http_traceparent $upstream_addr $upstream_response_time "$request"',
  );
  const line = `1795395378.172 502 0.012 00-${trace}-588397045ca96c5b-01 127.0.0.1:8080 0.010 "GET /x?y HTTP/1.1"`;
  expect(read?.(line)).toMatchObject({
    endUnixMs: 1_795_395_378_172,
    traceId: trace,
    parentSpanId: '588397045ca96c5b',
    peer: '127.0.0.1:8080',
    peerSeconds: 0.01,
    method: 'GET',
    path: '/x',
  });
});

describe('a Prometheus page', () => {
  it('with plain names, quoted names and quoted labels', () => {
    const page = [
      '# TYPE up gauge',
      'up 1',
      'http_requests_total{code="200",path="a\\"b"} 12 1795395378172',
      '{"db.client.connection.count","db.client.connection.state"="used"} 3',
      'up 2 1795395378.172',
      'bad{ 1',
      'worse 1 2 3',
    ].join('\n');
    expect(parsePrometheus(page)).toEqual([
      { name: 'up', labels: {}, value: 1 },
      { name: 'http_requests_total', labels: { code: '200', path: 'a"b' }, value: 12 },
      { name: 'db.client.connection.count', labels: { 'db.client.connection.state': 'used' }, value: 3 },
      { name: 'up', labels: {}, value: 2 },
    ]);
  });

  it('is cut at 2,000 samples, and never makes the reader throw', () => {
    expect(parsePrometheus('a 1\n'.repeat(5_000))).toHaveLength(2_000);
    fc.assert(fc.property(fc.string(), (text) => void parsePrometheus(text)));
  });
});
