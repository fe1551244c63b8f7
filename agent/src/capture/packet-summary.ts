import { FlowTable } from './flow-table.ts';
import { ACK, FIN, PACKET_OUTGOING, PACKET_TO_US, Packet, RECORD_BYTES, RST, SYN, TCP, UDP } from './packet.ts';
import { type PortScan, ScanWatch } from './scan-watch.ts';
import { TopTalkers } from './top-talkers.ts';

const FLOWS = 1 << 14;
const QUESTIONS = 1 << 12;
const DNS_PORT = 53;
const NO_SUCH_NAME = 3;
const SERVER_FAILED = 2;
/** Times of one interval that quantiles are made of; further ones count only. */
const TIMES_LIMIT = 1_024;
/** Answers later than this belong to another question. */
const ANSWER_WITHIN_SECONDS = 30;
/** A talker's address is made into text for one packet in so many, its bytes counted as many times. */
const TALKER_EVERY = 8;

/** What only ever grows. */
export interface PacketCounts {
  packets: number;
  bytes: number;
  segments: number;
  retransmitted: number;
  zeroWindows: number;
  resets: number;
  handshakes: number;
  dnsAnswers: number;
  dnsNoSuchName: number;
  dnsServerFailed: number;
  /** Records that were not whole. */
  malformed: number;
}

export interface PacketTimes {
  /** Seconds from the first SYN to its SYN-ACK. */
  readonly handshake: readonly number[];
  /** Seconds from a question to its answer. */
  readonly dns: readonly number[];
}

/** What packets say of the network, without keeping any of them: no payload, no names. Pure: records in, figures out. */
export class PacketSummary {
  readonly counts: PacketCounts = {
    packets: 0,
    bytes: 0,
    segments: 0,
    retransmitted: 0,
    zeroWindows: 0,
    resets: 0,
    handshakes: 0,
    dnsAnswers: 0,
    dnsNoSuchName: 0,
    dnsServerFailed: 0,
    malformed: 0,
  };
  readonly talkers = new TopTalkers();
  readonly #isLoopback: boolean;
  readonly #packet = new Packet();
  readonly #flows = new FlowTable(FLOWS);
  readonly #questions = new FlowTable(QUESTIONS);
  readonly #scans = new ScanWatch();
  #handshake: number[] = [];
  #dns: number[] = [];
  #hashA = 0;
  #hashB = 0;

  /** @param isLoopback - every packet is there twice, going out and coming in */
  constructor(isLoopback: boolean) {
    this.#isLoopback = isLoopback;
  }

  /** Records as `PacketRing.read` writes them. */
  add(records: Uint8Array, length: number): void {
    const words = new Uint32Array(records.buffer, records.byteOffset, records.byteLength >> 2);
    let at = 0;
    while (at + RECORD_BYTES <= length) {
      const word = at >> 2;
      const captured = words[word]!;
      const from = at + RECORD_BYTES;
      if (from + captured > length) {
        this.counts.malformed++;
        return;
      }
      const kind = words[word + 4]!;
      if (!(this.#isLoopback && kind === PACKET_OUTGOING)) {
        this.#one(records, from, from + captured, words[word + 1]!, words[word + 2]! + words[word + 3]! / 1e9, kind);
      }
      at = from + ((captured + 3) & ~3);
    }
  }

  takeTimes(): PacketTimes {
    const times = { handshake: this.#handshake, dns: this.#dns };
    this.#handshake = [];
    this.#dns = [];
    return times;
  }

  takeScans(): PortScan[] {
    return this.#scans.take();
  }

  #one(bytes: Uint8Array, from: number, end: number, wireBytes: number, atSeconds: number, kind: number): void {
    const { counts } = this;
    counts.packets++;
    counts.bytes += wireBytes;
    const packet = this.#packet;
    if (!packet.read(bytes, from, end)) return;
    if (counts.packets % TALKER_EVERY === 0) {
      const peerAt = kind === PACKET_OUTGOING ? packet.targetAt : packet.sourceAt;
      this.talkers.add(packet.addressText(peerAt), wireBytes * TALKER_EVERY);
    }
    if (!packet.hasPorts) return;
    if (packet.protocol === TCP) this.#segment(atSeconds, kind);
    else if (packet.protocol === UDP) this.#datagram(atSeconds);
  }

  #segment(atSeconds: number, kind: number): void {
    const { counts } = this;
    const packet = this.#packet;
    const { flags } = packet;
    counts.segments++;
    if ((flags & RST) !== 0) {
      counts.resets++;
      return;
    }
    if ((flags & SYN) !== 0) this.#opening(atSeconds, kind);
    else if (packet.window === 0) counts.zeroWindows++;
    const length = packet.payloadBytes + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    if (length === 0) return;
    this.#key(packet.sourceAt, packet.sourcePort, packet.targetAt, packet.targetPort);
    const slot = this.#flows.take(this.#hashA, this.#hashB, atSeconds);
    const next = (packet.sequence + length) >>> 0;
    if (this.#flows.hasSequence[slot] === 0) {
      this.#flows.hasSequence[slot] = 1;
      this.#flows.nextSequence[slot] = next;
      return;
    }
    const ahead = (next - this.#flows.nextSequence[slot]!) | 0;
    // A byte before what was sent last asks whether the other side is there (keep-alive).
    const isProbe = packet.payloadBytes <= 1 && ahead === 0 && (flags & (SYN | FIN)) === 0;
    if (ahead > 0) this.#flows.nextSequence[slot] = next;
    else if (!isProbe) counts.retransmitted++;
  }

  #opening(atSeconds: number, kind: number): void {
    const packet = this.#packet;
    const isAnswer = (packet.flags & ACK) !== 0;
    if (!isAnswer) {
      this.#key(packet.sourceAt, packet.sourcePort, packet.targetAt, packet.targetPort);
      const slot = this.#flows.take(this.#hashA, this.#hashB, atSeconds);
      // The first of several: what was lost on the way counts as waiting.
      const asked = this.#flows.askedAt[slot]!;
      if (asked === 0 || atSeconds - asked > ANSWER_WITHIN_SECONDS) {
        this.#flows.askedAt[slot] = atSeconds;
        this.#flows.hasSequence[slot] = 0;
      }
      if (kind === PACKET_TO_US) this.#scans.asked(packet.addressText(packet.sourceAt), packet.targetPort, atSeconds);
      return;
    }
    this.#key(packet.targetAt, packet.targetPort, packet.sourceAt, packet.sourcePort);
    this.#scans.answered(packet.addressText(packet.targetAt), packet.sourcePort);
    const slot = this.#flows.find(this.#hashA, this.#hashB);
    if (slot < 0 || this.#flows.askedAt[slot] === 0) return;
    const seconds = atSeconds - this.#flows.askedAt[slot]!;
    this.#flows.askedAt[slot] = 0;
    if (seconds < 0 || seconds > ANSWER_WITHIN_SECONDS) return;
    this.counts.handshakes++;
    if (this.#handshake.length < TIMES_LIMIT) this.#handshake.push(seconds);
  }

  #datagram(atSeconds: number): void {
    const { bytes, payloadAt, end, sourcePort, targetPort, sourceAt, targetAt } = this.#packet;
    if ((sourcePort !== DNS_PORT && targetPort !== DNS_PORT) || payloadAt + 12 > end) return;
    const id = (bytes[payloadAt]! << 8) | bytes[payloadAt + 1]!;
    const isAnswer = (bytes[payloadAt + 2]! & 0x80) !== 0;
    if (!isAnswer && targetPort === DNS_PORT) {
      this.#key(sourceAt, sourcePort, targetAt, id);
      this.#questions.askedAt[this.#questions.take(this.#hashA, this.#hashB, atSeconds)] = atSeconds;
      return;
    }
    if (!isAnswer || sourcePort !== DNS_PORT) return;
    this.#key(targetAt, targetPort, sourceAt, id);
    const slot = this.#questions.find(this.#hashA, this.#hashB);
    if (slot < 0 || this.#questions.askedAt[slot] === 0) return;
    const seconds = atSeconds - this.#questions.askedAt[slot]!;
    this.#questions.askedAt[slot] = 0;
    if (seconds < 0 || seconds > ANSWER_WITHIN_SECONDS) return;
    const code = bytes[payloadAt + 3]! & 15;
    this.counts.dnsAnswers++;
    if (code === NO_SUCH_NAME) this.counts.dnsNoSuchName++;
    else if (code === SERVER_FAILED) this.counts.dnsServerFailed++;
    if (this.#dns.length < TIMES_LIMIT) this.#dns.push(seconds);
  }

  /** Two hashes over addresses and numbers, in this direction (FNV-1a and a multiplicative one). */
  #key(fromAt: number, fromPort: number, toAt: number, toPort: number): void {
    const { bytes, addressBytes } = this.#packet;
    let a = 0x811c9dc5 | 0;
    let b = addressBytes;
    for (let i = 0; i < addressBytes; i++) {
      a = Math.imul(a ^ bytes[fromAt + i]!, 0x01000193);
      b = (Math.imul(b, 0x85ebca6b) + bytes[fromAt + i]!) | 0;
    }
    a = Math.imul(a ^ fromPort, 0x01000193);
    b = (Math.imul(b, 0x85ebca6b) + fromPort) | 0;
    for (let i = 0; i < addressBytes; i++) {
      a = Math.imul(a ^ bytes[toAt + i]!, 0x01000193);
      b = (Math.imul(b, 0x85ebca6b) + bytes[toAt + i]!) | 0;
    }
    a = Math.imul(a ^ toPort, 0x01000193);
    b = (Math.imul(b, 0x85ebca6b) + toPort) | 0;
    this.#hashA = a ^ (a >>> 15);
    this.#hashB = b ^ (b >>> 13);
  }
}
