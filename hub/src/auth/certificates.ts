import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { publicKeyFromUser } from '@airis/protocol';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { KeyFolder } from './key-folder.ts';

const CA_LIFETIME_DAYS = 3_650;
/** Made anew at every start. */
const SERVER_LIFETIME_DAYS = 825;
/** As long as the CA's: an agent is locked out by revoking its key, never by a forgotten date. */
const AGENT_LIFETIME_DAYS = 3_650;
const DAY_MS = 86_400_000;
/** Hosts' clocks may run behind the hub's. */
const BACKDATE_MS = 3_600_000;
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

export interface KeyAndCertificate {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** The hub's own authority: signs server certificates of broker and API, and one client certificate an agent. */
export interface CertificateAuthority {
  readonly certificatePem: string;
  /** SHA-256 (hex) of the certificate in DER, as enrolment tokens carry it. */
  readonly fingerprint: string;
  /** @param names - DNS names and addresses under which clients reach the server */
  issueServer(names: readonly string[]): Promise<KeyAndCertificate>;
  issueHubClient(): Promise<KeyAndCertificate>;
  /** @param natsPublicKey - the agent's own `U…` key: its TLS key is the same Ed25519 key */
  issueAgent(agent: string, natsPublicKey: string): Promise<string>;
}

export async function openCertificateAuthority(keys: KeyFolder): Promise<CertificateAuthority> {
  const keyPem = await keys.text('ca.key.pem', newKeyPem);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', firstDer(keyPem), P256, false, ['sign']);
  const caPublicKey = new PublicKey(spkiOf(keyPem));
  const certificatePem = await keys.text('ca.cert.pem', () => selfSign(signingKey, caPublicKey));
  const certificate = new X509Certificate(certificatePem);

  async function issue(
    subject: string,
    publicKey: PublicKey,
    days: number,
    usage: ExtendedKeyUsage,
    names: readonly string[],
  ) {
    const issued = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: `CN=${subject}`,
      issuer: certificate.subject,
      ...validFor(days),
      signingAlgorithm: SIGNING,
      publicKey,
      signingKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        await AuthorityKeyIdentifierExtension.create(caPublicKey),
        await SubjectKeyIdentifierExtension.create(publicKey),
        ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names.map(alternativeName))]),
      ],
    });
    return `${issued.toString('pem')}\n`;
  }

  async function issueOwn(
    subject: string,
    usage: ExtendedKeyUsage,
    names: readonly string[],
  ): Promise<KeyAndCertificate> {
    const ownKeyPem = newKeyPem();
    const publicKey = new PublicKey(spkiOf(ownKeyPem));
    return { keyPem: ownKeyPem, certificatePem: await issue(subject, publicKey, SERVER_LIFETIME_DAYS, usage, names) };
  }

  return {
    certificatePem,
    fingerprint: createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex'),
    issueServer: (names) => issueOwn('airis-hub', ExtendedKeyUsage.serverAuth, [...new Set(names)]),
    issueHubClient: () => issueOwn('airis-hub', ExtendedKeyUsage.clientAuth, []),
    issueAgent: (agent, natsPublicKey) =>
      issue(agent, new PublicKey(agentSpki(natsPublicKey)), AGENT_LIFETIME_DAYS, ExtendedKeyUsage.clientAuth, []),
  };
}

async function selfSign(signingKey: webcrypto.CryptoKey, publicKey: PublicKey): Promise<string> {
  const name = `CN=AIRIS-MON hub ${randomBytes(4).toString('hex')}`;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: name,
    issuer: name,
    ...validFor(CA_LIFETIME_DAYS),
    signingAlgorithm: SIGNING,
    publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function newKeyPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

function spkiOf(keyPem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createPublicKey(keyPem).export({ type: 'spki', format: 'der' }));
}

/** The enrolment schema and the proof have vouched for the key before it comes here. */
function agentSpki(natsPublicKey: string): Uint8Array<ArrayBuffer> {
  const key = publicKeyFromUser(natsPublicKey);
  assert(key !== null, 'the key of an enrolled agent is a NATS user key');
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }));
}

function firstDer(pem: string): ArrayBuffer {
  return PemConverter.decodeFirst(pem);
}

/** 127 bits, positive. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  return bytes.toString('hex');
}

function validFor(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + days * DAY_MS) };
}

function alternativeName(name: string): { type: 'ip' | 'dns'; value: string } {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name };
}
