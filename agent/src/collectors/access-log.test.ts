import { expect, it } from 'vitest';
import { combinedFormat } from '../discover/nginx-facts.ts';
import { compileAccessLog } from './access-log.ts';
import { parseNginxStatus } from './nginx-status.ts';
import { RequestStats } from './request-stats.ts';

const json = '{"t":"$time_iso8601","status":$status,"rt":$request_time,"uri":"$request_uri"}';

it.each([
  {
    name: 'combined',
    format: combinedFormat,
    line: '10.0.0.1 - - [22/Nov/2026:10:00:00 +0900] "GET /a/b?c=d HTTP/1.1" 404 153 "-" "curl/7 \\x22x\\x22"',
    want: { status: 404, path: '/a/b', durationSeconds: null, responseBytes: 153 },
  },
  {
    name: 'combined with a time behind',
    format: `${combinedFormat} $request_time`,
    line: '10.0.0.1 - bob [x] "POST / HTTP/1.1" 200 1 "-" "x" 0.250',
    want: { status: 200, path: '/', durationSeconds: 0.25, responseBytes: 1 },
  },
  {
    name: 'JSON',
    format: json,
    line: '{"t":"2026-11-22T10:00:00+09:00","status":503,"rt":1.500,"uri":"/api/x?y=1"}',
    want: { status: 503, path: '/api/x', durationSeconds: 1.5, responseBytes: null },
  },
  {
    name: 'the context that came',
    format: '$status $http_traceparent "$upstream_addr" $upstream_response_time',
    line: '502 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 "10.0.0.1:80, 10.0.0.2:80" 0.010, 0.250',
    want: {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '',
      parentSpanId: 'b7ad6b7169203331',
      peer: '10.0.0.2:80',
      peerSeconds: 0.25,
    },
  },
  {
    name: 'a span of nginx itself',
    format: '$status $otel_trace_id $otel_span_id $otel_parent_id',
    line: '200 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 -',
    want: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', parentSpanId: '' },
  },
  { name: 'a foreign line', format: combinedFormat, line: 'nonsense', want: null },
  { name: 'a status that is none', format: '$status', line: '999', want: null },
  {
    name: 'a malformed request',
    format: combinedFormat,
    line: '1.1.1.1 - - [x] "\\x16\\x03" 400 1 "-" "-"',
    want: { status: 400, path: null, durationSeconds: null, responseBytes: 1 },
  },
])('reads $name', ({ format, line, want }) => {
  const read = compileAccessLog(format)?.(line) ?? null;
  if (want === null) expect(read).toBeNull();
  else expect(read).toMatchObject(want);
});

it('says of a format without status that it cannot be read', () => {
  expect(compileAccessLog('$remote_addr $request')).toBeNull();
});

it('reads the status page', () => {
  const text =
    'Active connections: 3 \nserver accepts handled requests\n 16 15 31 \nReading: 0 Writing: 1 Waiting: 2 \n';
  expect(parseNginxStatus(text)).toEqual({
    active: 3,
    accepted: 16,
    handled: 15,
    requests: 31,
    reading: 0,
    writing: 1,
    waiting: 2,
  });
  expect(parseNginxStatus('<html>')).toBeNull();
});

it('counts for good, and averages since the reading before', () => {
  const stats = new RequestStats();
  const read = () => {
    const written = new Map<string, number>();
    stats.write({
      write: (metric, value, attributes = {}) => written.set([metric, ...Object.values(attributes)].join(' '), value),
    });
    return written;
  };
  stats.add({ status: 200, path: '/a', durationSeconds: 0.1, responseBytes: 10 });
  stats.add({ status: 500, path: '/a', durationSeconds: 0.3, responseBytes: 5 });
  stats.add(null);
  const first = read();
  expect(first.get('airis.http.server.requests 2xx')).toBe(1);
  expect(first.get('airis.http.server.error_ratio')).toBe(0.5);
  expect(first.get('http.server.request.duration')).toBeCloseTo(0.2);
  expect(first.get('airis.http.server.unparsed_lines')).toBe(1);
  const second = read();
  expect(second.get('airis.http.server.requests 5xx')).toBe(1);
  expect(second.has('airis.http.server.error_ratio')).toBe(false);
  expect(second.has('http.server.request.duration')).toBe(false);
});
