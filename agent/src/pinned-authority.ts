import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { AgentError } from './errors.ts';

/**
 * PEM of the CA certificate with this fingerprint in the chain that a server shows. Nothing is sent but the handshake:
 * what is trusted afterwards is this CA, and every check of TLS applies.
 *
 * @param fingerprint - SHA-256 (hex) of the certificate in DER
 */
export async function pinnedAuthority(url: URL, fingerprint: string, timeoutMs: number): Promise<string> {
  const chain = await peerChain(url, timeoutMs).catch((cause: unknown) => {
    throw new AgentError(
      'ENROL_UNREACHABLE',
      `${url.host}: ${String(cause)}`,
      'check that the hub runs and is reachable',
      {
        cause,
      },
    );
  });
  const found = chain.find((der) => createHash('sha256').update(der).digest('hex') === fingerprint);
  const certificate = found === undefined ? null : new X509Certificate(found);
  if (certificate?.ca === true) return certificate.toString();
  throw new AgentError(
    'ENROL_CA_MISMATCH',
    `${url.host} does not show the CA that the token names`,
    'somebody stands between, or the hub has a new CA: make a new token',
  );
}

function peerChain(url: URL, timeoutMs: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({
      host,
      port: Number(url.port === '' ? 443 : url.port),
      // The chain is only read here; nothing is sent over this connection.
      rejectUnauthorized: false,
      timeout: timeoutMs,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    socket.once('secureConnect', () => {
      resolve(ders(socket.getPeerCertificate(true)));
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no handshake within ${timeoutMs} ms`)));
    socket.once('error', reject);
  });
}

function ders(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  let certificate: DetailedPeerCertificate | undefined = leaf;
  while (certificate?.raw !== undefined && chain.length < 10) {
    const { raw }: { raw: Buffer } = certificate;
    if (chain.some((der) => der.equals(raw))) break;
    chain.push(raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
