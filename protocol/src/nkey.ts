import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/**
 * NATS writes Ed25519 keys as base32: a prefix that says what the key is for, 32 bytes, a checksum. The same key serves
 * TLS and signatures as PKCS #8 and SPKI, so that a host has one identity.
 *
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth
 */
export interface UserKey {
  /** `SU…`, secret. */
  readonly seed: string;
  /** `U…`. */
  readonly publicKey: string;
}

const PREFIX_SEED = 18 << 3;
const PREFIX_USER = 20 << 3;
const RAW_BYTES = 32;
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

export function createUserKey(): UserKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return userKeyOf(privateKey);
}

/** The NATS form of an Ed25519 private key. */
export function userKeyOf(privateKey: KeyObject): UserKey {
  const raw = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(pkcs8Head.length);
  return {
    seed: encode([PREFIX_SEED | (PREFIX_USER >> 5), (PREFIX_USER & 31) << 3], raw),
    publicKey: userPublicKeyOf(createPublicKey(privateKey)),
  };
}

/** `U…` of an Ed25519 public key. */
export function userPublicKeyOf(publicKey: KeyObject): string {
  return encode([PREFIX_USER], publicKey.export({ format: 'der', type: 'spki' }).subarray(spkiHead.length));
}

/** The private key of a user's seed (`SU…`), or `null` when the text is none. */
export function privateKeyFromSeed(seed: string): KeyObject | null {
  const bytes = decode(seed, 2);
  if (bytes === null || bytes[0] !== (PREFIX_SEED | (PREFIX_USER >> 5)) || bytes[1] !== (PREFIX_USER & 31) << 3)
    return null;
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, bytes.subarray(2)]), format: 'der', type: 'pkcs8' });
}

/** The key behind a user's public key (`U…`), or `null` when the text is none. */
export function publicKeyFromUser(publicKey: string): KeyObject | null {
  const bytes = decode(publicKey, 1);
  if (bytes === null || bytes[0] !== PREFIX_USER) return null;
  return createPublicKey({ key: Buffer.concat([spkiHead, bytes.subarray(1)]), format: 'der', type: 'spki' });
}

function encode(prefix: readonly number[], raw: Uint8Array): string {
  const bytes = Buffer.concat([Buffer.from(prefix), raw, Buffer.alloc(2)]);
  bytes.writeUInt16LE(crc16(bytes.subarray(0, -2)), bytes.length - 2);
  return toBase32(bytes);
}

/** Prefix and raw bytes, or `null` where length, alphabet or checksum are wrong. */
function decode(text: string, prefixBytes: number): Buffer | null {
  const bytes = fromBase32(text, prefixBytes + RAW_BYTES + 2);
  if (bytes === null || crc16(bytes.subarray(0, -2)) !== bytes.readUInt16LE(bytes.length - 2)) return null;
  return bytes.subarray(0, -2);
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 base32 without padding. */
function toBase32(bytes: Uint8Array): string {
  let text = '';
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(pending >> (bits - 5)) & 31];
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (5 - bits)) & 31];
}

function fromBase32(text: string, length: number): Buffer | null {
  if (text.length !== Math.ceil((length * 8) / 5)) return null;
  const bytes = Buffer.alloc(length);
  let at = 0;
  let pending = 0;
  let bits = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    pending = (pending << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = pending >> bits;
    pending &= (1 << bits) - 1;
  }
  // Bits left over carry nothing; any but zero would be a second text for the same key.
  return pending === 0 ? bytes : null;
}
