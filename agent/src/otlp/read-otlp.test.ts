import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedOtlp, ProtobufReader } from './protobuf-reader.ts';
import { encode, type Field } from './protobuf-under-test.ts';
import * as json from './read-json.ts';
import * as protobuf from './read-protobuf.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const startNanos = 1_795_372_619_000_000_000n;

const keyValue = (key: string, value: Field): readonly Field[] => [
  [1, { text: key }],
  [2, { message: [value] }],
];
const attribute = (number: number, key: string, value: Field): Field => [number, { message: keyValue(key, value) }];
const hex = (text: string): Field[1] => ({ bytes: Buffer.from(text, 'hex') });
/** One resource `shop` with one scope. */
const request = (...items: (readonly Field[])[]): Buffer =>
  encode([
    [
      1,
      {
        message: [
          [1, { message: [attribute(1, 'service.name', [1, { text: 'shop' }])] }],
          [
            2,
            {
              message: [[1, { message: [[1, { text: 'scope' }]] }], ...items.map((message): Field => [2, { message }])],
            },
          ],
        ],
      },
    ],
  ]);
const jsonBody = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const jsonResource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };

describe('spans', () => {
  it('mean the same as protobuf and as JSON', () => {
    const fromProtobuf = protobuf.readTraces(
      request([
        [1, hex(traceId)],
        [2, hex(spanId)],
        [3, { text: 'state' }],
        [4, hex('00f067aa0ba902b7')],
        [5, { text: 'GET /orders' }],
        [6, { uint: 2 }],
        [7, { fixed64: startNanos }],
        [8, { fixed64: startNanos + 125_000_000n }],
        attribute(9, 'http.route', [1, { text: '/orders' }]),
        attribute(9, 'http.response.status_code', [3, { uint: 500 }]),
        attribute(9, 'negative', [3, { uint: -7n }]),
        attribute(9, 'ok', [2, { uint: 1 }]),
        attribute(9, 'ratio', [4, { double: 0.5 }]),
        attribute(9, 'list', [5, { message: [[1, { message: [[1, { text: 'x' }]] }]] }]),
        [
          15,
          {
            message: [
              [2, { text: 'failed' }],
              [3, { uint: 2 }],
            ],
          },
        ],
      ]),
    );
    const fromJson = json.readTraces(
      jsonBody({
        resourceSpans: [
          {
            resource: jsonResource,
            scopeSpans: [
              {
                spans: [
                  {
                    traceId: traceId.toUpperCase(),
                    spanId,
                    parentSpanId: '00f067aa0ba902b7',
                    name: 'GET /orders',
                    kind: 2,
                    startTimeUnixNano: String(startNanos),
                    endTimeUnixNano: String(startNanos + 125_000_000n),
                    attributes: [
                      { key: 'http.route', value: { stringValue: '/orders' } },
                      { key: 'http.response.status_code', value: { intValue: '500' } },
                      { key: 'negative', value: { intValue: -7 } },
                      { key: 'ok', value: { boolValue: true } },
                      { key: 'ratio', value: { doubleValue: 0.5 } },
                      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }] } } },
                    ],
                    status: { message: 'failed', code: 2 },
                    unknown: { any: ['thing'] },
                  },
                ],
              },
            ],
          },
        ],
      }),
    );
    expect(fromProtobuf).toEqual(fromJson);
    const span = fromProtobuf[0]!.items[0]!;
    expect(span).toMatchObject({ traceId, spanId, parentSpanId: '00f067aa0ba902b7', name: 'GET /orders' });
    expect(span).toMatchObject({ kind: 2, isError: true });
    expect(span.endMs - span.startMs).toBeCloseTo(125, 2);
    expect(Object.fromEntries(span.attributes)).toEqual({
      'http.route': '/orders',
      'http.response.status_code': 500,
      negative: -7,
      ok: true,
      ratio: 0.5,
    });
  });
});

describe('metrics', () => {
  it('mean the same as protobuf and as JSON', () => {
    const time: Field = [2, { fixed64: startNanos }];
    const point = (...more: Field[]): Field => [1, { message: [time, ...more] }];
    const metric = (name: string, number: number, ...data: Field[]): readonly Field[] => [
      [1, { text: name }],
      [3, { text: 'ms' }],
      [number, { message: data }],
    ];
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(3n);
    bytes.writeBigUInt64LE(4n, 8);
    const bound = Buffer.alloc(8);
    bound.writeDoubleLE(100);
    const fromProtobuf = protobuf.readMetrics(
      request(
        metric(
          'orders',
          7,
          point([6, { fixed64: 5n }], attribute(7, 'kind', [1, { text: 'web' }])),
          [2, { uint: 1 }],
          [3, { uint: 1 }],
        ),
        metric('below', 7, point([6, { fixed64: -5n }]), [2, { uint: 2 }]),
        metric('queue', 5, point([4, { double: 2.5 }])),
        metric('took', 9, point([4, { fixed64: 7n }], [5, { double: 80 }], [6, { bytes }], [7, { bytes: bound }]), [
          2,
          { uint: 2 },
        ]),
        metric('fine', 10, point([4, { fixed64: 2n }], [5, { double: 9 }]), [2, { uint: 2 }]),
        metric('old', 11, point([4, { fixed64: 1n }], [5, { double: 3 }])),
      ),
    );
    const startTimeUnixNano = String(startNanos);
    const histogram = { aggregationTemporality: 2, isMonotonic: true };
    const metrics = [
      {
        name: 'orders',
        sum: {
          aggregationTemporality: 1,
          isMonotonic: true,
          dataPoints: [{ startTimeUnixNano, asInt: '5', attributes: [{ key: 'kind', value: { stringValue: 'web' } }] }],
        },
      },
      { name: 'below', sum: { aggregationTemporality: 2, dataPoints: [{ startTimeUnixNano, asInt: -5 }] } },
      { name: 'queue', gauge: { dataPoints: [{ startTimeUnixNano, asDouble: 2.5 }] } },
      {
        name: 'took',
        histogram: {
          ...histogram,
          dataPoints: [{ startTimeUnixNano, count: '7', sum: 80, bucketCounts: ['3', 4], explicitBounds: [100] }],
        },
      },
      { name: 'fine', exponentialHistogram: { ...histogram, dataPoints: [{ startTimeUnixNano, count: 2, sum: 9 }] } },
      { name: 'old', summary: { dataPoints: [{ startTimeUnixNano, count: 1, sum: 3 }] } },
    ].map((metric) => ({ ...metric, unit: 'ms' }));
    const fromJson = json.readMetrics(
      jsonBody({ resourceMetrics: [{ resource: jsonResource, scopeMetrics: [{ metrics }] }] }),
    );
    expect(fromProtobuf).toEqual(fromJson);
    expect(fromProtobuf[0]!.items.map(({ kind, isMonotonic, isDelta }) => [kind, isMonotonic, isDelta])).toEqual([
      ['sum', true, true],
      ['sum', false, false],
      ['gauge', false, false],
      ['histogram', true, false],
      ['histogram', true, false],
      ['histogram', true, false],
    ]);
    expect(fromProtobuf[0]!.items[3]!.points[0]).toMatchObject({ count: 7, sum: 80, buckets: [3, 4], bounds: [100] });
  });
});

describe('log records', () => {
  it('mean the same as protobuf and as JSON, with a body of any shape', () => {
    const body: Field = [5, { message: [[6, { message: [[1, { message: keyValue('paid', [3, { uint: 3 }]) }]] }]] }];
    const fromProtobuf = protobuf.readLogs(
      request(
        [
          [11, { fixed64: startNanos }],
          [2, { uint: 17 }],
          [5, { message: [[1, { text: '결제 실패' }]] }],
        ],
        [[1, { fixed64: startNanos }], body],
      ),
    );
    const logRecords = [
      { observedTimeUnixNano: String(startNanos), severityNumber: 17, body: { stringValue: '결제 실패' } },
      {
        timeUnixNano: String(startNanos),
        body: { kvlistValue: { values: [{ key: 'paid', value: { intValue: '3' } }] } },
      },
    ];
    const fromJson = json.readLogs(
      jsonBody({ resourceLogs: [{ resource: jsonResource, scopeLogs: [{ logRecords }] }] }),
    );
    expect(fromProtobuf).toEqual(fromJson);
    expect(fromJson[0]!.items.map(({ text, severity }) => [text, severity])).toEqual([
      ['결제 실패', 17],
      ['{"paid":3}', 0],
    ]);
  });
});

describe('a hostile body', () => {
  const readers = [protobuf.readTraces, protobuf.readMetrics, protobuf.readLogs];
  const onlyMalformed = (read: (body: Uint8Array) => unknown, body: Uint8Array): void => {
    try {
      read(body);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedOtlp);
    }
  };

  it('is read or refused as malformed, whatever its bytes', () => {
    const good = request([[1, hex(traceId)], [2, hex(spanId)], attribute(9, 'a', [1, { text: 'x' }])]);
    const flipped = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((flips) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of flips) bytes[at] = value;
        return bytes;
      });
    const cut = fc.nat(good.length).map((length) => good.subarray(0, length));
    const bodies = fc.oneof(fc.uint8Array({ maxLength: 200 }), flipped, cut);
    fc.assert(
      fc.property(bodies, (body) => {
        for (const read of readers) onlyMalformed(read, body);
      }),
      { numRuns: 3_000 },
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => onlyMalformed(json.readTraces, jsonBody(value))));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        onlyMalformed(
          json.readMetrics,
          jsonBody({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ sum: value }] }] }] }),
        );
        onlyMalformed(json.readLogs, jsonBody({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value }] }] }] }));
      }),
    );
  });

  it.each([
    { what: 'a length beyond the end', bytes: [0x0a, 0x7f] },
    { what: 'a length of ten bytes', bytes: [0x0a, ...Array.from({ length: 9 }, () => 0xff), 0x01] },
    { what: 'a number without end', bytes: Array.from({ length: 40 }, () => 0xff) },
    { what: 'a group', bytes: [0x0b] },
    { what: 'field 0', bytes: [0x00, 0x00] },
    { what: 'a number where a message belongs', bytes: [0x08, 0x01] },
  ])('is refused: $what', ({ bytes }) => {
    for (const read of readers) expect(() => read(Uint8Array.from(bytes))).toThrow(MalformedOtlp);
  });

  it('is refused when it goes on within itself, or has ids of another length', () => {
    const nest = (depth: number): Field => [5, { message: [[1, { message: depth === 0 ? [] : [nest(depth - 1)] }]] }];
    expect(() => protobuf.readLogs(request([[5, { message: [nest(50)] }]]))).toThrow(/deep/);
    // Deeper than any stack: as text, because the test's own writer would not get through.
    const deep = `${'{"arrayValue":{"values":['.repeat(100_000)}{}${']}}'.repeat(100_000)}`;
    const body = Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${deep}}]}]}]}`);
    expect(() => json.readLogs(body)).toThrow(/deep/);
    expect(() => protobuf.readTraces(request([[1, { bytes: Buffer.alloc(15) }]]))).toThrow(/15 bytes/);
    const spans = [{ traceId: 'zz' }];
    expect(() => json.readTraces(jsonBody({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))).toThrow(/hex/);
  });

  it('has numbers read exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.double(), (a, b, c) => {
        const reader = new ProtobufReader(
          encode([
            [1, { uint: a }],
            [2, { uint: b }],
            [3, { double: c }],
          ]),
        );
        expect([reader.next(), reader.uint(), reader.next(), reader.int(), reader.next(), reader.double()]).toEqual([
          1,
          a,
          2,
          Number(b),
          3,
          c,
        ]);
        expect(reader.next()).toBe(0);
      }),
    );
  });
});
