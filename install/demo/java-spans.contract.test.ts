import type { Attributes } from '@airis/protocol';
import { expect, it } from 'vitest';
import { createHost } from '../../agent/src/collectors/host.ts';
import { startOtlp } from '../../agent/src/collectors/otlp-under-test.ts';
import { javaAgentJar } from './java-agent-under-test.ts';
import { startTestTomcat } from './tomcat-under-test.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const REQUESTS = 5;

/** Sums over routes. */
function outOf() {
  const written: Record<string, number> = {};
  const write = (metric: string, value: number, attributes: Attributes = {}) => {
    const key = `${metric} ${attributes['service.name']}`;
    written[key] = (written[key] ?? 0) + value;
  };
  return { written, out: { write, declare: () => false, refuse: () => undefined } };
}

it.each(['grpc', 'http/protobuf'])(
  'takes requests, statements and methods of a Tomcat with the OpenTelemetry Java agent by %s',
  async (protocol) => {
    await using agent = await startOtlp();
    const settings = {
      'otel.service.name': 'shop-java',
      'otel.exporter.otlp.protocol': protocol,
      'otel.exporter.otlp.endpoint': `http://127.0.0.1:${protocol === 'grpc' ? agent.grpcPort : agent.port}`,
      'otel.bsp.schedule.delay': '200',
      'otel.metric.export.interval': '1000',
      'otel.instrumentation.methods.include': 'org.apache.catalina.core.StandardWrapperValve[invoke]',
      // What the agent's own cleaning leaves out must be left out without it too.
      'otel.instrumentation.common.db-statement-sanitizer.enabled': 'false',
    };
    await using tomcat = await startTestTomcat([
      `-javaagent:${await javaAgentJar()}`,
      ...Object.entries(settings).map(([key, value]) => `-D${key}=${value}`),
    ]);
    for (let i = 0; i < REQUESTS; i++) {
      const answer = await fetch(`${tomcat.url}/sql.jsp`, {
        headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
      });
      expect(await answer.text()).toContain('found');
    }
    const rows: ReturnType<typeof agent.transactions> = [];
    await expect
      .poll(() => rows.push(...agent.transactions()) && rows.filter((row) => row.traceId === traceId).length, {
        timeout: 20_000,
      })
      .toBe(REQUESTS);
    const own = rows.filter((row) => row.traceId === traceId);
    for (const row of own) expect(row).toMatchObject({ service: 'service:shop-java', status: 200 });
    await agent.step();
    await agent.step();
    const series = agent.registry.series.map(({ identity: { metric, attributes } }) => ({ metric, attributes }));
    const keysOf = (metric: string, key: string) =>
      series.filter((one) => one.metric === metric).map(({ attributes }) => attributes[key]);
    expect(keysOf('airis.db.client.statement.time', 'db.query.text')).toContain(
      'select count (*) from INFORMATION_SCHEMA.TABLES where TABLE_NAME = ?',
    );
    expect(keysOf('airis.code.function.time', 'code.function.name')).toEqual([
      'org.apache.catalina.core.StandardWrapperValve.invoke',
    ]);
    expect(JSON.stringify(series)).not.toContain('9876');
    const { written, out } = outOf();
    await agent.collector.collect(createHost(), out);
    const [all, inDatabase] = ['time', 'database.time'].map((what) => written[`airis.request.${what} shop-java`]!);
    expect(inDatabase).toBeGreaterThan(0);
    expect(inDatabase).toBeLessThan(all!);
    expect(agent.refusals.snapshot()['otlp-point'] ?? 0).toBe(0);
  },
  120_000,
);
