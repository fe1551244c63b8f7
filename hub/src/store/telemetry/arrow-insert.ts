import { randomUUID } from 'node:crypto';
import { unlink, writeFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { errorText } from '../../errors.ts';
import { BODY_FILE_HEADER } from './chdb-report.ts';

/** Tables that take Arrow streams have exactly the columns of their signal and the hub's. */
export type ArrowInsert = (table: string, stream: Uint8Array, token: string) => Promise<void>;

/**
 * - `data`: the engine read the rows and refuses them; the same bytes will be refused again.
 * - `engine`: it answered, for another reason (memory, too many parts, a bug).
 * - `away`: no answer; whether the rows were stored is unknown, and the token makes a retry safe.
 */
export type ArrowInsertFailure = 'data' | 'engine' | 'away';

export class ArrowInsertError extends Error {
  override readonly name = 'ArrowInsertError';
  readonly failure: ArrowInsertFailure;
  /** ClickHouse's error code, 0 where there was no answer. */
  readonly engineCode: number;

  constructor(failure: ArrowInsertFailure, engineCode: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.failure = failure;
    this.engineCode = engineCode;
  }
}

/** Codes that speak of the bytes: columns, types, lengths, parsing. */
const dataCodes = new Set([
  8, 10, 16, 20, 26, 27, 33, 41, 53, 69, 70, 72, 117, 128, 131, 321, 349, 407, 467, 636, 1001,
]);

/**
 * One insert is one block (per partition), stored once per token in the table and in every rollup behind it, and on
 * disk when this resolves. The engine reads with one thread: the order of rows, hence the blocks, are the same again.
 */
const insertSettings: Readonly<Record<string, string>> = {
  insert_deduplicate: '1',
  deduplicate_blocks_in_dependent_materialized_views: '1',
  async_insert: '0',
  max_threads: '1',
  max_insert_threads: '1',
  max_insert_block_size: '10000000',
  min_insert_block_size_rows: '10000000',
  min_insert_block_size_bytes: '2000000000',
  min_insert_block_size_rows_for_materialized_views: '10000000',
  min_insert_block_size_bytes_for_materialized_views: '2000000000',
  // Rows of one key (rollups) are merged in the background instead of before the part is written: a tenth less work.
  optimize_on_insert: '0',
  // 14 days back, 10 minutes ahead, for agents that come back: each day is a partition.
  max_partitions_per_insert_block: '100',
};

const TIMEOUT_MS = 120_000;

export interface ArrowInsertPlace {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Where the embedded engine reads bodies as files; null where only HTTP leads to the engine. */
  readonly incoming: string | null;
}

/** Arrow inserts over ClickHouse's HTTP interface, on connections of their own. */
export function createArrowInsert(place: ArrowInsertPlace): {
  insert: ArrowInsert;
  close(): void;
} {
  const isTls = place.url.startsWith('https:');
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, maxSockets: 4 })
    : new HttpAgent({ keepAlive: true, maxSockets: 4 });
  const request = isTls ? httpsRequest : httpRequest;
  const auth = `${place.username}:${place.password}`;

  const send = (table: string, token: string, body: Uint8Array | null, headers: OutgoingHttpHeaders): Promise<void> =>
    new Promise((resolve, reject) => {
      const url = new URL(place.url);
      const search = { ...insertSettings, insert_deduplication_token: token };
      for (const [name, value] of Object.entries(search)) url.searchParams.set(name, value);
      url.searchParams.set('query', `INSERT INTO ${table} FORMAT ArrowStream`);
      const away = (cause: unknown) => reject(noAnswer(cause));
      const sent = request(url, {
        agent,
        method: 'POST',
        auth,
        timeout: TIMEOUT_MS,
        headers: { ...headers, 'Content-Type': 'application/octet-stream', 'Content-Length': body?.byteLength ?? 0 },
      });
      sent.on('error', away);
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      sent.on('response', (response) => {
        readAnswer(response).then((text) => {
          if (response.statusCode === 200 && !/^Code: \d+/m.test(text)) resolve();
          else reject(refusal(response, text));
        }, away);
      });
      if (body === null) sent.end();
      else sent.end(body);
    });
  const { incoming } = place;
  const insert: ArrowInsert = async (table, stream, token) => {
    if (incoming === null) return send(table, token, stream, {});
    const name = randomUUID();
    const path = join(incoming, name);
    try {
      await writeFile(path, stream, { flag: 'wx', mode: 0o600 }).catch((cause: unknown) => {
        throw noAnswer(cause);
      });
      await send(table, token, null, { [BODY_FILE_HEADER]: name });
    } finally {
      // The store removes what it has read; what never reached it is removed here.
      await unlink(path).catch(() => undefined);
    }
  };
  return { insert, close: () => agent.destroy() };
}

const noAnswer = (cause: unknown): ArrowInsertError =>
  new ArrowInsertError('away', 0, `telemetry store: ${errorText(cause)}`, { cause });

function refusal(response: IncomingMessage, text: string): ArrowInsertError {
  const code = Number(response.headers['x-clickhouse-exception-code'] ?? /Code: (\d+)/.exec(text)?.[1] ?? 0);
  return new ArrowInsertError(dataCodes.has(code) ? 'data' : 'engine', code, text.slice(0, 500));
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) if (text.length < 4_000) text += String(chunk);
  return text;
}
