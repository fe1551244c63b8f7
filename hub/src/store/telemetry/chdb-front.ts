import { randomUUID, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import { BODY_FILE_HEADER } from './chdb-report.ts';
import { parseInsertStatement } from './insert-statement.ts';
import { placeholders, type QueryScope, quoteText, type SessionPool } from './session-pool.ts';

export interface FrontLimits {
  /** Largest body of one request, after decompression. */
  readonly bodyBytes: number;
  /** Largest text of one statement. */
  readonly statementBytes: number;
  /** Largest answer; the engine stops beyond it. */
  readonly resultBytes: number;
  readonly readSeconds: number;
  /** For a request to arrive in full; a write itself has no limit, since it must not be cut off. */
  readonly requestSeconds: number;
  /** Memory one query may take. */
  readonly queryMemoryBytes: number;
}

export const frontLimits: FrontLimits = {
  bodyBytes: 512 * 1024 * 1024,
  statementBytes: 1024 * 1024,
  resultBytes: 64 * 1024 * 1024,
  readSeconds: 30,
  requestSeconds: 120,
  queryMemoryBytes: 900_000_000,
};

export interface FrontOptions {
  readonly pool: SessionPool;
  readonly username: string;
  readonly password: string;
  /** Private folder (0700) for bodies that the engine reads as files. */
  readonly bodyDir: string;
  readonly limits: FrontLimits;
}

/** A refusal in the engine's own words, so that the client maps it like any other. */
class FrontError extends Error {
  readonly status: number;
  constructor(status: number, code: number, name: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}. (${name})`);
    this.status = status;
  }
}

const gzipAsync = promisify(gzip);

/** Names in the URL that are HTTP's business; every other one is an engine setting. */
const httpNames = new Set(
  [
    'query database default_format query_id session_id session_timeout session_check wait_end_of_query role user password',
    'enable_http_compression send_progress_in_http_headers http_headers_progress_interval_ms buffer_size compress decompress',
  ].flatMap((names) => names.split(' ')),
);

/**
 * ClickHouse's HTTP interface over a pool of embedded sessions: what `@clickhouse/client` needs of it, and no more.
 * No server-side sessions, no multipart, no external tables.
 */
export function createChdbFront(options: FrontOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(options, request, response).catch((thrown: unknown) => fail(request, response, thrown));
  };
}

async function answer(options: FrontOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://front');
  if (url.pathname === '/ping') {
    response.end('Ok.\n');
    return;
  }
  authenticate(options, request);
  const { pool, limits } = options;
  const queryId = cleanQueryId(url.searchParams.get('query_id'));
  const format = url.searchParams.get('default_format') ?? 'TabSeparated';
  const urlStatement = url.searchParams.get('query');
  const insert = urlStatement === null ? null : parseInsertStatement(urlStatement);

  const startedAt = process.hrtime.bigint();
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Timezone', 'UTC');

  if (insert !== null) {
    const scope = readScope(url.searchParams, limits, null);
    const rows = await insertBody(options, insert, queryId, scope, request);
    summarise(response, startedAt, { written_rows: String(rows) });
    response.end();
    return;
  }

  const bodyText = await readText(request, limits.statementBytes);
  const sql = [urlStatement, bodyText].filter((text) => text !== null && text !== '').join('\n');
  if (sql.trim() === '') throw new FrontError(400, 62, 'SYNTAX_ERROR', 'Empty query');
  // What the peer no longer waits for is not computed on. A write is: cut off in its middle, nobody could say whether
  // the engine remembers the token of rows that it has not stored.
  const isWrite = /^\s*(?:INSERT|OPTIMIZE|ALTER)\b/i.test(sql);
  if (/^\s*(?:CREATE|ALTER|DROP|RENAME|EXCHANGE)\b/i.test(sql)) structures.delete(pool);
  const scope = readScope(url.searchParams, limits, isWrite ? null : limits.readSeconds);
  for (const name of placeholders(sql)) {
    // A session keeps the parameters of earlier queries: what this one does not bring, it must not see.
    if (!scope.parameters.has(name)) {
      throw new FrontError(400, 456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set`);
    }
  }
  let isRunning = !isWrite;
  response.on('close', () => {
    if (isRunning) pool.kill(queryId).catch(() => undefined);
  });
  const result = await pool.run(isWrite ? 'write' : 'read', queryId, sql, format, scope).finally(() => {
    isRunning = false;
  });
  response.setHeader('X-ClickHouse-Format', format);
  summarise(response, startedAt, { read_rows: String(result.rowsRead), read_bytes: String(result.bytesRead) });
  const wantsGzip =
    url.searchParams.get('enable_http_compression') === '1' && /gzip/.test(request.headers['accept-encoding'] ?? '');
  if (!wantsGzip) {
    response.end(result.bytes);
    return;
  }
  response.setHeader('Content-Encoding', 'gzip');
  response.end(await gzipAsync(result.bytes));
}

/**
 * The body goes to a file as it arrives, unless the sender has put it there; the engine reads the file. Any input format
 * of `file()` works.
 */
async function insertBody(
  options: FrontOptions,
  insert: NonNullable<ReturnType<typeof parseInsertStatement>>,
  queryId: string,
  scope: QueryScope,
  request: IncomingMessage,
): Promise<number> {
  const { bodyDir, limits } = options;
  const ready = request.headers[BODY_FILE_HEADER];
  if (ready !== undefined && !isBodyName(ready)) throw new FrontError(400, 36, 'BAD_ARGUMENTS', 'bad body file name');
  const path = join(bodyDir, ready ?? randomUUID());
  try {
    const bytes =
      ready === undefined ? await writeBody(request, path, limits.bodyBytes) : await bodySize(path, limits.bodyBytes);
    if (bytes === 0) return 0;
    const columns = insert.columns?.join(', ');
    const target = columns === undefined ? insert.table : `${insert.table} (${columns})`;
    const sql = `INSERT INTO ${target} SELECT ${columns ?? '*'} FROM file(${quoteText(path)}, ${insert.format}, ${quoteText(
      await tableStructure(options.pool, insert.table, insert.columns),
    )})`;
    const result = await options.pool.run('write', queryId, sql, 'TabSeparated', scope);
    return result.rowsRead;
  } finally {
    await unlink(path).catch(() => undefined);
  }
}

/** Nothing that could lead out of the folder. */
const isBodyName = (name: string | string[]): name is string => /^[0-9a-f-]{36}$/.test(String(name));

async function bodySize(path: string, limit: number): Promise<number> {
  const found = await stat(path).catch(() => null);
  // Gone with a restart of the store: its sender puts it there again.
  if (found === null) throw new FrontError(404, 107, 'FILE_DOESNT_EXIST', 'no such body file');
  if (found.size > limit) throw tooLarge(limit);
  return found.size;
}

const structures = new WeakMap<SessionPool, Map<string, string>>();

/** `name Type, …` of a table, so that the engine neither guesses types from the data nor reads it twice. */
async function tableStructure(pool: SessionPool, table: string, columns: readonly string[] | null): Promise<string> {
  const known = structures.get(pool) ?? new Map<string, string>();
  structures.set(pool, known);
  const key = `${table}(${columns?.join(',') ?? ''})`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const scope: QueryScope = { settings: new Map(), parameters: new Map() };
  const result = await pool.run('read', randomUUID(), `DESCRIBE TABLE ${table}`, 'TabSeparatedRaw', scope);
  const wanted = columns === null ? null : new Set(columns.map((column) => column.replaceAll(/[`"]/g, '')));
  const structure = Buffer.from(result.bytes)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
    .filter(([name]) => wanted === null || wanted.has(name!))
    .map(([name, type]) => `\`${name}\` ${type}`)
    .join(', ');
  known.set(key, structure);
  return structure;
}

function authenticate(options: FrontOptions, request: IncomingMessage): void {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '');
  const [user, ...rest] =
    basic === null
      ? [String(request.headers['x-clickhouse-user'] ?? ''), String(request.headers['x-clickhouse-key'] ?? '')]
      : Buffer.from(basic[1]!, 'base64').toString().split(':');
  if (!sameText(user ?? '', options.username) || !sameText(rest.join(':'), options.password)) {
    throw new FrontError(403, 516, 'AUTHENTICATION_FAILED', `${options.username}: Authentication failed`);
  }
}

function sameText(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Settings and parameters of the URL. The caps below hold whatever a caller asks for. */
function readScope(search: URLSearchParams, limits: FrontLimits, seconds: number | null): QueryScope {
  const settings = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of search) {
    if (name.startsWith('param_')) {
      if (!/^\w+$/.test(name)) throw new FrontError(400, 36, 'BAD_ARGUMENTS', `bad parameter name ${name}`);
      parameters.set(name.slice('param_'.length), value);
    } else if (!httpNames.has(name)) {
      if (!/^\w+$/.test(name)) throw new FrontError(400, 115, 'UNKNOWN_SETTING', `bad setting name ${name}`);
      settings.set(name, value);
    }
  }
  if (seconds === null) settings.delete('max_execution_time');
  else cap(settings, 'max_execution_time', seconds);
  cap(settings, 'max_memory_usage', limits.queryMemoryBytes);
  cap(settings, 'max_result_bytes', limits.resultBytes);
  return { settings, parameters };
}

function cap(settings: Map<string, string>, name: string, most: number): void {
  const asked = Number(settings.get(name) ?? most);
  settings.set(name, String(asked > 0 && asked < most ? asked : most));
}

async function readText(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(request)) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit) throw new FrontError(413, 307, 'TOO_MANY_BYTES', `statement is longer than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

/** Written as it arrives, chunk by chunk and without a thread each: into the page cache, where it is read from next. */
async function writeBody(request: IncomingMessage, path: string, limit: number): Promise<number> {
  const file = openSync(path, 'wx', 0o600);
  try {
    let size = 0;
    for await (const chunk of decoded(request)) {
      size += chunk.length;
      if (size > limit) throw tooLarge(limit);
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
    }
    return size;
  } finally {
    closeSync(file);
  }
}

const tooLarge = (limit: number): FrontError =>
  new FrontError(413, 307, 'TOO_MANY_BYTES', `body is larger than ${limit} bytes`);

function decoded(request: IncomingMessage): NodeJS.ReadableStream & AsyncIterable<Buffer> {
  return request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
}

function cleanQueryId(asked: string | null): string {
  return asked !== null && /^[\w-]{1,64}$/.test(asked) ? asked : randomUUID();
}

function summarise(response: ServerResponse, startedAt: bigint, counts: Record<string, string>): void {
  const zeros = { read_rows: '0', read_bytes: '0', written_rows: '0', written_bytes: '0', result_rows: '0' };
  const summary = { ...zeros, ...counts, elapsed_ns: String(process.hrtime.bigint() - startedAt) };
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary));
}

/** HTTP status of the engine's own codes, as the real server gives them. */
const statusByCode: Readonly<Record<number, number>> = { 60: 404, 81: 404, 159: 408, 202: 503, 241: 500, 394: 500 };

function fail(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = Number(/Code: (\d+)/.exec(text)?.[1] ?? 1002);
  const status =
    thrown instanceof FrontError ? thrown.status : (statusByCode[code] ?? (code >= 36 && code <= 62 ? 400 : 500));
  request.resume();
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    'X-ClickHouse-Exception-Code': String(code),
    'Content-Type': 'text/plain; charset=UTF-8',
    Connection: status === 413 ? 'close' : 'keep-alive',
  });
  response.end(text.startsWith('Code:') ? text : `Code: ${code}. DB::Exception: ${text}. (UNKNOWN_EXCEPTION)`);
}
