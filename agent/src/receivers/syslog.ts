import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { BlockList, createServer, isIP, isIPv6, type Server, type Socket } from 'node:net';
import { z } from 'zod';
import { listenAddress, placeOf } from '../collectors/listen-address.ts';
import { AgentError } from '../errors.ts';
import { timeOfLine } from './line-time.ts';
import type { LogLine } from './log-line.ts';
import { defineReceiver, type Receiver, type ReceiverParts } from './receiver.ts';
import { SenderRates } from './sender-rates.ts';
import { SyslogFraming } from './syslog-framing.ts';
import { parseSyslog } from './syslog-message.ts';
import { SyslogSources } from './syslog-sources.ts';

const network = z
  .string()
  .max(60)
  .refine((sender) => {
    const [network = '', prefix = '0', ...more] = sender.split('/');
    const bits = { 4: 32, 6: 128 }[isIP(network)];
    return bits !== undefined && more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
  }, 'an address, or address/prefix length');

export const syslogConfig = z.strictObject({
  udp: listenAddress.describe('where to listen for datagrams: `127.0.0.1:514`; null: not at all'),
  tcp: listenAddress.describe('where to listen for connections, newline or octet counting; null: not at all'),
  senders: z.array(network).max(200).default([]).describe('who may send; empty: everybody who reaches the port'),
  maxLineBytes: z
    .int()
    .min(256)
    .max(64 * 1024)
    .default(8 * 1024)
    .describe('a longer message is passed over and counted as line-too-long'),
  maxLinesPerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2_000)
    .describe('of one sender; its further datagrams are dropped and counted, its connections made to wait'),
  maxConnections: z.int().min(1).max(1_000).default(100).describe('further ones are closed and counted'),
});
export type SyslogConfig = z.output<typeof syslogConfig>;

/** Lines that wait for the sink. Beyond, TCP senders are made to wait and datagrams are dropped and counted. */
const QUEUE_LIMIT = 10_000;
/** A connection that says nothing for this long is closed; its sender opens another one. */
const IDLE_MS = 30 * 60_000;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** What network devices and other hosts send by syslog, UDP and TCP, RFC 5424 and RFC 3164. */
export const syslogReceiver = defineReceiver({
  name: 'syslog',
  config: syslogConfig,
  start: async (parts, config) =>
    config.udp === null && config.tcp === null ? null : await SyslogReceiver.start(parts, config),
});

class SyslogReceiver implements Receiver {
  readonly #parts: ReceiverParts;
  readonly #config: SyslogConfig;
  readonly #allowed: BlockList | null;
  readonly #sources = new SyslogSources();
  readonly #rates: SenderRates;
  readonly #connections = new Set<Socket>();
  readonly #listening: string[] = [];
  #queue: LogLine[] = [];
  #udp: UdpSocket | null = null;
  #tcp: Server | null = null;

  private constructor(parts: ReceiverParts, config: SyslogConfig) {
    this.#parts = parts;
    this.#config = config;
    this.#rates = new SenderRates(config.maxLinesPerSecond);
    this.#allowed = config.senders.length === 0 ? null : listOf(config.senders);
  }

  static async start(parts: ReceiverParts, config: SyslogConfig): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver(parts, config);
    try {
      if (config.udp !== null) await receiver.#listenUdp(config.udp);
      if (config.tcp !== null) await receiver.#listenTcp(config.tcp);
    } catch (cause) {
      await receiver[Symbol.asyncDispose]();
      throw new AgentError(
        'SYSLOG_CANNOT_LISTEN',
        `syslog cannot listen on ${[config.udp, config.tcp].filter((place) => place !== null).join(' and ')}`,
        'free the port, or take one above 1023, or grant CAP_NET_BIND_SERVICE',
        { cause },
      );
    }
    return receiver;
  }

  poll(): void {
    const { sink } = this.#parts;
    let done = 0;
    while (done < this.#queue.length && sink.accept(this.#queue[done]!)) done++;
    this.#queue = this.#queue.slice(done);
    if (this.#isFull) return;
    const nowMs = this.#parts.host.nowMs();
    for (const socket of this.#connections) if (this.#rates.mayGoOn(senderOf(socket), nowMs)) socket.resume();
  }

  sources(): string[] {
    return [...this.#listening];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { sink } = this.#parts;
    for (const line of this.#queue) if (!sink.accept(line)) this.#parts.refusals.count('syslog-lost-at-stop');
    this.#queue = [];
    for (const socket of this.#connections) socket.destroy();
    await Promise.all([
      new Promise<void>((done) => (this.#udp === null ? done() : this.#udp.close(() => done()))),
      new Promise<void>((done) => (this.#tcp === null ? done() : this.#tcp.close(() => done()))),
    ]);
  }

  get #isFull(): boolean {
    return this.#queue.length >= QUEUE_LIMIT;
  }

  async #listenUdp(place: string): Promise<void> {
    const { host, port } = placeOf(place);
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    await new Promise<void>((done, failed) => {
      socket.once('error', failed);
      socket.bind(port, host, done);
    });
    this.#udp = socket;
    socket.on('error', () => this.#parts.refusals.count('syslog-socket-error'));
    socket.on('message', (message, sender) => {
      if (!this.#mayCome(sender.address)) return;
      if (message.length > this.#config.maxLineBytes) this.#parts.refusals.count('line-too-long');
      else if (!this.#rates.take(sender.address, this.#parts.host.nowMs())) {
        this.#parts.refusals.count('syslog-sender-rate');
      } else if (this.#isFull) this.#parts.refusals.count('syslog-queue-full');
      else this.#take(message, sender.address);
    });
    this.#listening.push(`syslog:udp:${host}:${socket.address().port}`);
  }

  async #listenTcp(place: string): Promise<void> {
    const { host, port } = placeOf(place);
    const server = createServer((socket) => this.#connect(socket));
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen(port, host, done);
    });
    this.#tcp = server;
    server.on('error', () => this.#parts.refusals.count('syslog-socket-error'));
    const bound = server.address();
    this.#listening.push(`syslog:tcp:${host}:${typeof bound === 'object' && bound !== null ? bound.port : port}`);
  }

  #connect(socket: Socket): void {
    const sender = senderOf(socket);
    // A connection is reset in the order of events, and its error is then nobody's.
    socket.on('error', () => socket.destroy());
    if (!this.#mayCome(sender)) {
      socket.destroy();
      return;
    }
    if (this.#connections.size >= this.#config.maxConnections) {
      this.#parts.refusals.count('syslog-too-many-connections');
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    const framing = new SyslogFraming(this.#config.maxLineBytes);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('close', () => {
      this.#connections.delete(socket);
      const { message, isCutShort } = framing.flush();
      if (isCutShort) this.#parts.refusals.count('syslog-cut-short');
      if (message !== null) this.#take(message, sender);
    });
    socket.on('data', (chunk: Buffer) => {
      const { messages, tooLong } = framing.push(chunk);
      if (tooLong > 0) this.#parts.refusals.count('line-too-long', tooLong);
      const nowMs = this.#parts.host.nowMs();
      // What was read is kept: the sender pays for it by waiting.
      this.#rates.owe(sender, messages.length, nowMs);
      for (const message of messages) this.#take(message, sender);
      if (this.#isFull || !this.#rates.mayGoOn(sender, nowMs)) socket.pause();
    });
  }

  #mayCome(sender: string): boolean {
    if (this.#allowed === null) return true;
    const plain = sender.replace(/^::ffff:(?=\d+\.)/, '');
    const isAllowed = this.#allowed.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    if (!isAllowed) this.#parts.refusals.count('syslog-sender-not-allowed');
    return isAllowed;
  }

  #take(message: Buffer, sender: string): void {
    const line = decode(message, () => this.#parts.refusals.count('invalid-encoding'));
    const { host, app, severity, text } = parseSyslog(line);
    if (text.trim() === '') return;
    this.#queue.push({
      source: this.#sourceOf(host === '' ? sender : host, app, sender),
      timeUnixMs: timeOfLine(line.replace(/^<\d{1,3}>(?:1 )?/, ''), this.#parts.host.nowMs()),
      severity,
      text,
    });
  }

  #sourceOf(host: string, app: string, sender: string): string {
    const source = `syslog:${host.replaceAll(/[^\w.:-]/g, '?').slice(0, 64)}/${app.slice(0, 48) || '-'}`;
    if (this.#sources.admit(source, sender, this.#parts.host.nowMs())) return source;
    this.#parts.refusals.count('syslog-too-many-sources');
    return 'syslog:other';
  }
}

const senderOf = (socket: Socket): string => socket.remoteAddress ?? '';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const cp949 = new TextDecoder('euc-kr');

/** UTF-8, else CP949 as Korean devices send it; control characters are blanks, so that no terminal obeys them. */
function decode(message: Buffer, onInvalid: () => void): string {
  let text: string;
  try {
    text = strictUtf8.decode(message);
  } catch {
    text = cp949.decode(message);
    if (text.includes('\uFFFD')) onInvalid();
  }
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (char) => (char === '\uFEFF' ? char : ' ')).trimEnd();
}

function listOf(senders: readonly string[]): BlockList {
  const list = new BlockList();
  for (const sender of senders) {
    const [network = '', prefix] = sender.split('/');
    const family = isIPv6(network) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
