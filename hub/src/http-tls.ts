import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { CertificateAuthority } from './auth/certificates.ts';
import { isLoopback, ownAddresses } from './broker/listen-address.ts';
import type { HubConfig } from './config.ts';
import { errorText, HubError } from './errors.ts';

export interface HttpTls {
  readonly keyPem: string;
  readonly certificatePem: string;
  /** What enrolment tokens carry, so that a host trusts this hub before it has met it; null where a public authority vouches. */
  readonly caFingerprint: string | null;
}

/** Plain HTTP on loopback; else the certificate that was given, or one of our own authority. */
export async function httpTls(config: HubConfig, authority: CertificateAuthority): Promise<HttpTls | null> {
  if (config.tlsCert !== undefined && config.tlsKey !== undefined) return given(config.tlsCert, config.tlsKey);
  const { host } = config.http;
  if (isLoopback(host)) return null;
  const publicHost = config.publicUrl === undefined ? hostname() : new URL(config.publicUrl).hostname;
  const names = [host, publicHost, 'localhost', '127.0.0.1', hostname(), ...ownAddresses()];
  const own = await authority.issueServer(names.filter((name) => name !== '0.0.0.0' && name !== '::'));
  return {
    keyPem: own.keyPem,
    certificatePem: `${own.certificatePem}${authority.certificatePem}`,
    caFingerprint: authority.fingerprint,
  };
}

function given(certificateFile: string, keyFile: string): HttpTls {
  try {
    const certificatePem = readFileSync(certificateFile, 'utf8');
    const keyPem = readFileSync(keyFile, 'utf8');
    createSecureContext({ cert: certificatePem, key: keyPem });
    return { certificatePem, keyPem, caFingerprint: ownAuthorityIn(certificatePem) };
  } catch (cause) {
    throw new HubError(
      'TLS_UNREADABLE',
      `${certificateFile} and ${keyFile} cannot be used: ${errorText(cause)}`,
      'AIRIS_TLS_CERT is a PEM chain and AIRIS_TLS_KEY its PEM key, without a passphrase',
      { cause },
    );
  }
}

/** A chain that brings its own root belongs to a private authority, which hosts must be told of. */
function ownAuthorityIn(chainPem: string): string | null {
  const last = chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.at(-1);
  if (last === undefined) return null;
  const certificate = new X509Certificate(last);
  const isRoot = certificate.checkIssued(certificate);
  return isRoot ? certificate.fingerprint256.replaceAll(':', '').toLowerCase() : null;
}
