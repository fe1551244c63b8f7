import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LogLine } from '../receivers/log-line.ts';
import { nodePackages, type Packages, pythonPackages, run, startOtlp } from './otlp-under-test.ts';

let packages: Packages | undefined;
let nodeSdk: Packages | undefined;
beforeAll(async () => {
  packages = await pythonPackages(
    'opentelemetry-sdk==1.39.1',
    'opentelemetry-exporter-otlp-proto-http==1.39.1',
    'opentelemetry-exporter-otlp-proto-grpc==1.39.1',
  );
  nodeSdk = await nodePackages('@opentelemetry/sdk-node@0.301.0', '@opentelemetry/api@1.10');
}, 180_000);
afterAll(() => {
  packages?.remove();
  nodeSdk?.remove();
});

const python = (port: number, code: string, environment: Record<string, string> = {}) =>
  run('python3', ['-c', code], {
    env: {
      ...process.env,
      PYTHONPATH: packages!.folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_SERVICE_NAME: 'shop',
      ...environment,
    },
  });

const spansProgram = `
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.propagate import extract
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer('shop')
caller = extract({'traceparent': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'})
for i in range(500):
  attributes = {'http.request.method': 'POST', 'http.route': '/orders', 'http.response.status_code': 500 if i == 499 else 200}
  with tracer.start_as_current_span('POST /orders', context=caller, kind=SpanKind.SERVER, attributes=attributes):
    with tracer.start_as_current_span('work'):
      with tracer.start_as_current_span('SELECT orders', kind=SpanKind.CLIENT, attributes={
          'db.system.name': 'postgresql', 'db.query.text': "SELECT * FROM orders WHERE phone = '010-9876-5432'",
          'network.peer.address': '127.0.0.1', 'network.peer.port': 5432}) as span:
        if i == 499: span.set_status(Status(StatusCode.ERROR, 'gone'))
provider.shutdown()
`;

it.each([
  { transport: 'http', compression: 'none' },
  { transport: 'http', compression: 'gzip' },
  { transport: 'grpc', compression: 'none' },
  { transport: 'grpc', compression: 'gzip' },
] as const)(
  'takes spans of the Python SDK as transactions and calls, by $transport, compression $compression',
  async ({ transport, compression }) => {
    await using agent = await startOtlp();
    const endpoint = `http://127.0.0.1:${transport === 'http' ? agent.port : agent.grpcPort}`;
    const { stderr } = await python(agent.port, spansProgram.replace('proto.http', `proto.${transport}`), {
      // The exporter of gRPC knows no word for none.
      ...(compression === 'gzip' ? { OTEL_EXPORTER_OTLP_COMPRESSION: compression } : {}),
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    });
    expect(stderr).toBe('');
    const rows = agent.transactions();
    expect(rows).toHaveLength(500);
    expect(rows.at(-1)).toMatchObject({
      service: 'service:shop',
      route: 'POST /orders',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
      peer: '127.0.0.1:5432',
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      status: 500,
    });
    expect(rows.at(-2)).toMatchObject({ status: 200 });
    for (const { elapsedMs, peerElapsedMs } of rows as { elapsedMs: number; peerElapsedMs: number }[]) {
      expect(peerElapsedMs).toBeGreaterThan(0);
      expect(elapsedMs).toBeGreaterThan(peerElapsedMs);
    }
    expect(agent.collector.context?.().calls).toEqual([
      { client: 'service:shop', address: '127.0.0.1:5432', kind: 'access-log', text: expect.any(String), count: 500 },
    ]);
    await agent.step();
    expect(agent.value('db.client.operation.duration')).toBeGreaterThan(0);
    expect(agent.refusals.snapshot()).toEqual({});
    // Ids are random and may hold any digits.
    for (const { route, service, peer } of rows) expect(`${route} ${service} ${peer}`).not.toContain('9876');
  },
);

const nodeProgram = `
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { trace, metrics, SpanKind } = require('@opentelemetry/api');
const sdk = new NodeSDK();
sdk.start();
const tracer = trace.getTracer('shop');
metrics.getMeter('shop').createCounter('shop.orders', { unit: '{order}' }).add(4);
tracer.startActiveSpan('GET /cart', { kind: SpanKind.SERVER, attributes: {
  'http.request.method': 'GET', 'http.route': '/cart/:id', 'http.response.status_code': 200 } }, (request) => {
  tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes: { 'server.address': '127.0.0.1', 'server.port': 8081 } }).end();
  request.end();
});
sdk.shutdown();
`;

it.each(['grpc', 'http/protobuf', 'http/json'])('takes spans and metrics of the Node SDK by %s', async (protocol) => {
  await using agent = await startOtlp();
  const program = join(nodeSdk!.folder, 'program.cjs');
  writeFileSync(program, nodeProgram);
  const { stdout, stderr } = await run(process.execPath, [program], {
    env: {
      ...process.env,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${protocol === 'grpc' ? agent.grpcPort : agent.port}`,
    },
  });
  expect(stdout + stderr).toBe('');
  expect(agent.transactions()).toMatchObject([
    { service: 'service:shop', route: 'GET /cart/{}', status: 200, peer: '127.0.0.1:8081' },
  ]);
  await agent.step();
  await agent.step();
  expect(agent.value('shop.orders')).toBeGreaterThan(0);
  expect(agent.refusals.snapshot()).toEqual({});
});

it('takes counters, gauges and histograms of the Python SDK', async () => {
  await using agent = await startOtlp();
  const { stderr } = await python(
    agent.port,
    `
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
provider = MeterProvider(metric_readers=[PeriodicExportingMetricReader(OTLPMetricExporter())])
meter = provider.get_meter('shop')
meter.create_counter('shop.orders', unit='{order}', description='orders taken').add(3, {'kind': 'web'})
meter.create_up_down_counter('shop.open').add(-2)
meter.create_gauge('shop.level', unit='Cel').set(21.5)
meter.create_counter('http.client.request.duration').add(1)
took = meter.create_histogram('shop.took', unit='ms')
for ms in range(1, 101): took.record(ms)
meter.create_gauge('shop.user.010-9876-5432').set(1)
provider.shutdown()
`,
  );
  expect(stderr).toBe('');
  await agent.step();
  expect(agent.value('shop.open')).toBe(-2);
  expect(agent.value('shop.level')).toBe(21.5);
  expect(agent.value('shop.took.p95')).toBeCloseTo(95, 0);
  await agent.step();
  const orders = agent.value('shop.orders')!;
  expect(orders).toBeGreaterThan(0);
  expect(agent.value('shop.took.count')! / orders).toBeCloseTo(100 / 3);
  expect(agent.value('shop.took.sum')! / agent.value('shop.took.count')!).toBeCloseTo(50.5);
  const found = agent.registry.series.find(({ identity }) => identity.metric === 'shop.orders');
  expect(found?.identity).toMatchObject({
    unit: '{order}',
    kind: 'counter',
    attributes: { kind: 'web', 'service.name': 'shop' },
  });
  expect(agent.registry.declared()['shop.orders']?.about).toBe('orders taken');
  expect(agent.refusals.snapshot()).toEqual({ 'metric-name-taken': 1, 'metric-name-personal': 1 });
});

it('takes lines and exceptions that Python’s logging sends', async () => {
  await using agent = await startOtlp();
  await python(
    agent.port,
    `
import logging
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
provider = LoggerProvider()
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
log = logging.getLogger('shop')
log.addHandler(LoggingHandler(logger_provider=provider))
log.warning('결제가 느립니다')
try: 1 / 0
except ZeroDivisionError: log.exception('payment failed')
provider.shutdown()
`,
  );
  const lines: LogLine[] = [];
  agent.collector.deliverLines?.({ accept: (line) => lines.push(line) > 0 });
  expect(lines).toMatchObject([
    { source: 'otlp:shop', severity: 13, text: '결제가 느립니다' },
    {
      source: 'otlp:shop',
      severity: 17,
      text: expect.stringMatching(/^payment failed\nTraceback[\s\S]*ZeroDivisionError/),
    },
  ]);
  expect(Math.abs(lines[0]!.timeUnixMs - Date.now())).toBeLessThan(60_000);
});

it('tells the SDK what it did not take, and why', async () => {
  await using agent = await startOtlp();
  const { stdout } = await python(
    agent.port,
    `
import json, urllib.request
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as t
from google.rpc import status_pb2
request = t.ExportTraceServiceRequest()
request.resource_spans.add().scope_spans.add().spans.add(name='no ids')
def post(body):
  sent = urllib.request.Request('http://127.0.0.1:${agent.port}/v1/traces', body, {'content-type': 'application/x-protobuf'})
  try: return urllib.request.urlopen(sent).read()
  except urllib.error.HTTPError as error: return error.read()
answer = t.ExportTraceServiceResponse.FromString(post(request.SerializeToString()))
print(answer.partial_success.rejected_spans, answer.partial_success.error_message)
print(status_pb2.Status.FromString(post(b'\\xff' * 20)).message)
`,
  );
  expect(stdout).toMatch(/^1 spans without ids.*\nthis is no OTLP: a number is longer than ten bytes\n$/);
});
