import type { HttpReply } from '../collectors/http-listen.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const rejectedNames = {
  '/v1/traces': 'rejectedSpans',
  '/v1/metrics': 'rejectedDataPoints',
  '/v1/logs': 'rejectedLogRecords',
} as const;
/** Methods of gRPC that say the same. */
const grpcMethods: Readonly<Record<string, keyof typeof rejectedNames>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': '/v1/traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': '/v1/metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': '/v1/logs',
};
export const pathOfMethod = (method: string): string =>
  Object.hasOwn(grpcMethods, method) ? grpcMethods[method]! : '';
export type OtlpPath = keyof typeof rejectedNames;

export const isOtlpPath = (path: string): path is OtlpPath => Object.hasOwn(rejectedNames, path);
export const isOtlpType = (contentType: string): boolean => contentType === PROTOBUF || contentType === JSON_TYPE;
export const isJson = (contentType: string): boolean => contentType === JSON_TYPE;

/** `Export…ServiceResponse`, with its `partial_success` where something was not taken; in the form it was asked in. */
export function accepted(path: OtlpPath, contentType: string, rejected: number, why: string): HttpReply {
  if (isJson(contentType)) {
    const partial = { partialSuccess: { [rejectedNames[path]]: String(rejected), errorMessage: why } };
    return { status: 200, contentType: JSON_TYPE, body: Buffer.from(JSON.stringify(rejected === 0 ? {} : partial)) };
  }
  const partial = Buffer.concat([Buffer.from([0x08]), varint(rejected), textField(0x12, why)]);
  const body = rejected === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(partial.length), partial]);
  return { status: 200, contentType: PROTOBUF, body };
}

/** `google.rpc.Status` with its message, as OTLP/HTTP wants errors. */
export function refusal(status: number, contentType: string, message: string): HttpReply {
  const isProtobuf = contentType === PROTOBUF;
  const body = isProtobuf ? textField(0x12, message) : Buffer.from(JSON.stringify({ message }));
  const mayRetry = status === 429 || status === 503;
  return {
    status,
    contentType: isProtobuf ? PROTOBUF : JSON_TYPE,
    body,
    why: message,
    ...(mayRetry ? { retryAfterSeconds: 1 } : {}),
  };
}

function textField(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.from([...bytes, left]);
}
