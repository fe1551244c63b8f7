/** Bytes before a packet's own in a record of the ring: captured, on the wire, seconds, nanoseconds, kind. */
export const RECORD_BYTES = 20;
/** As `sll_pkttype` of Linux. */
export const PACKET_TO_US = 0;
export const PACKET_OUTGOING = 4;

export const TCP = 6;
export const UDP = 17;
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

const VLAN_LIMIT = 2;
const EXTENSION_LIMIT = 6;
const ETHERNET_BYTES = 14;

/** Where things stand in one packet. Used again for every packet; only `isRead` fields mean something. */
export class Packet {
  bytes: Uint8Array = new Uint8Array(0);
  /** TCP or UDP, with ports; otherwise the rest says nothing. */
  hasPorts = false;
  protocol = 0;
  isVersion6 = false;
  /** Where the addresses begin; each is 4 or 16 bytes long. */
  sourceAt = 0;
  targetAt = 0;
  sourcePort = 0;
  targetPort = 0;
  /** Where the transport's payload begins, and how long it is on the wire. */
  payloadAt = 0;
  payloadBytes = 0;
  end = 0;
  sequence = 0;
  flags = 0;
  window = 0;

  /** Reads the headers of the packet at `at`..`end`. @returns whether it is one of the Internet, whole or a first fragment */
  read(bytes: Uint8Array, at: number, end: number): boolean {
    this.bytes = bytes;
    this.end = end;
    this.hasPorts = false;
    if (end - at < ETHERNET_BYTES) return false;
    let network = at + ETHERNET_BYTES;
    let type = this.#two(at + 12);
    for (let tags = 0; (type === 0x8100 || type === 0x88a8) && tags < VLAN_LIMIT && network + 4 <= end; tags++) {
      type = this.#two(network + 2);
      network += 4;
    }
    if (type === 0x0800) return this.#readVersion4(network);
    return type === 0x86dd && this.#readVersion6(network);
  }

  #readVersion4(at: number): boolean {
    if (at + 20 > this.end || this.bytes[at]! >> 4 !== 4) return false;
    const headerBytes = (this.bytes[at]! & 15) * 4;
    const totalBytes = this.#two(at + 2);
    if (headerBytes < 20) return false;
    this.isVersion6 = false;
    this.sourceAt = at + 12;
    this.targetAt = at + 16;
    this.protocol = this.bytes[at + 9]!;
    const isLaterFragment = (this.#two(at + 6) & 0x1fff) !== 0;
    // Segments that the network card will cut have a length of 0 when they are larger than the field.
    const transportBytes = totalBytes === 0 ? this.end - at - headerBytes : totalBytes - headerBytes;
    if (!isLaterFragment) this.#readTransport(at + headerBytes, transportBytes);
    return true;
  }

  #readVersion6(at: number): boolean {
    if (at + 40 > this.end || this.bytes[at]! >> 4 !== 6) return false;
    this.isVersion6 = true;
    this.sourceAt = at + 8;
    this.targetAt = at + 24;
    let next = this.bytes[at + 6]!;
    let from = at + 40;
    let left = this.#two(at + 4);
    for (let i = 0; i < EXTENSION_LIMIT && from + 8 <= this.end; i++) {
      if (next === 44) {
        if ((this.#two(from + 2) & 0xfff8) !== 0) return true;
        next = this.bytes[from]!;
        from += 8;
        left -= 8;
      } else if (next === 0 || next === 43 || next === 60) {
        const bytes = 8 * (this.bytes[from + 1]! + 1);
        next = this.bytes[from]!;
        from += bytes;
        left -= bytes;
      } else break;
    }
    this.protocol = next;
    this.#readTransport(from, left);
    return true;
  }

  #readTransport(at: number, length: number): void {
    if (this.protocol === UDP) {
      if (at + 8 > this.end || length < 8) return;
      this.#readPorts(at);
      this.payloadAt = at + 8;
      this.payloadBytes = length - 8;
      this.hasPorts = true;
      return;
    }
    if (this.protocol !== TCP || at + 20 > this.end) return;
    const headerBytes = (this.bytes[at + 12]! >> 4) * 4;
    if (headerBytes < 20 || length < headerBytes) return;
    this.#readPorts(at);
    this.sequence = ((this.#two(at + 4) << 16) | this.#two(at + 6)) >>> 0;
    this.flags = this.bytes[at + 13]!;
    this.window = this.#two(at + 14);
    this.payloadAt = at + headerBytes;
    this.payloadBytes = length - headerBytes;
    this.hasPorts = true;
  }

  #readPorts(at: number): void {
    this.sourcePort = this.#two(at);
    this.targetPort = this.#two(at + 2);
  }

  #two(at: number): number {
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  get addressBytes(): number {
    return this.isVersion6 ? 16 : 4;
  }

  addressText(at: number): string {
    if (!this.isVersion6) return `${this.bytes[at]}.${this.bytes[at + 1]}.${this.bytes[at + 2]}.${this.bytes[at + 3]}`;
    const groups = Array.from({ length: 8 }, (_, i) => this.#two(at + 2 * i).toString(16));
    // The longest run of zeros is left out, as usual (RFC 5952).
    const text = groups.join(':');
    const run = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
    if (run === undefined) return text;
    return `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length).replace(/^:/, '')}`;
  }
}
