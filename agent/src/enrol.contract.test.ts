import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEnrolmentToken, enrolmentRequest, fingerprintOf, isEnrolmentProof } from '@airis/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol } from './enrol.ts';
import { identityPath, readIdentity, writeIdentity } from './identity.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-enrol-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = generateKeyPairSync('ed25519').publicKey;
const rootPem = root.export({ format: 'pem', type: 'spki' }).toString();

interface TestHub extends AsyncDisposable {
  readonly url: string;
  readonly bodies: string[];
}

/** A hub that says yes to whoever proves it holds its key. */
async function startHub(tls: { key: string; cert: string } | null): Promise<TestHub> {
  const bodies: string[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      bodies.push(body);
      const asked = enrolmentRequest.parse(JSON.parse(body));
      const isProven = isEnrolmentProof(asked.publicKey, asked.token, asked.proof);
      response.writeHead(isProven ? 201 : 403, { 'content-type': 'application/json' });
      const roots = [{ keyId: 'root', publicKeyPem: rootPem, roles: ['order'] }];
      const answer = { agent: asked.wantedId ?? 'host', jwt: 'j', natsUrls: ['nats://127.0.0.1:1'], roots };
      const refusal = { title: 'no', detail: 'proof is wrong', code: 'PROOF_WRONG' };
      response.end(JSON.stringify(isProven ? { ...answer, caPem: null, certificatePem: null } : refusal));
    });
  };
  const server: Server = tls === null ? createHttpServer(handle) : createHttpsServer(tls, handle);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http${tls === null ? '' : 's'}://127.0.0.1:${port}`,
    bodies,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => void server.close(() => done())),
  };
}

/** A CA of its own and a server certificate under it, in one chain. */
function makeCertificates(name: string) {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', `/CN=${name}`, '-keyout', at('ca.key'), '-out', at('ca.pem'));
  openssl('req', ...key, '-subj', '/CN=hub', '-keyout', at('hub.key'), '-out', at('hub.csr'));
  writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1');
  const ca = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
  openssl('x509', '-req', '-in', at('hub.csr'), ...ca, '-days', '2', '-extfile', at('ext'), '-out', at('hub.pem'));
  const caPem = readFileSync(at('ca.pem'), 'utf8');
  const cert = readFileSync(at('hub.pem'), 'utf8') + caPem;
  const fingerprint = createHash('sha256').update(new X509Certificate(caPem).raw).digest('hex');
  return { key: readFileSync(at('hub.key'), 'utf8'), cert, fingerprint };
}

const tokenFor = (url: string, ca: string | null, roots = [fingerprintOf(root)]) =>
  encodeEnrolmentToken({ v: 1, url, ca, roots, secret: 's'.repeat(40) });
const nowMs = () => 7;

describe('enrolment', () => {
  it('proves the key on loopback, and keeps the identity for its owner alone', async () => {
    await using hub = await startHub(null);
    const identity = await enrol({ token: tokenFor(hub.url, null), wantedId: 'web-1', nowMs });
    expect(identity).toMatchObject({ agent: 'web-1', hubUrl: hub.url, enrolledAtUnixMs: 7 });
    expect(hub.bodies.join()).not.toContain(identity.seed);
    writeIdentity(folder, identity);
    expect(readIdentity(folder)).toEqual(identity);
    expect(statSync(identityPath(folder)).mode & 0o777).toBe(0o600);
  });

  it('trusts the CA that the token names, and no other', async () => {
    const own = makeCertificates('own');
    const other = makeCertificates('other');
    await using hub = await startHub(own);
    const identity = await enrol({ token: tokenFor(hub.url, own.fingerprint), nowMs });
    expect(identity.agent).toBe('host');
    await expect(enrol({ token: tokenFor(hub.url, other.fingerprint), nowMs })).rejects.toMatchObject({
      code: 'ENROL_CA_MISMATCH',
    });
    expect(hub.bodies).toHaveLength(1);
  });

  it('does not take the fingerprint of a certificate that is no CA', async () => {
    const own = makeCertificates('own');
    await using hub = await startHub(own);
    const leaf = createHash('sha256').update(new X509Certificate(own.cert).raw).digest('hex');
    await expect(enrol({ token: tokenFor(hub.url, leaf), nowMs })).rejects.toMatchObject({ code: 'ENROL_CA_MISMATCH' });
  });

  it('speaks plain HTTP to loopback only', async () => {
    const refusal = { code: 'ENROL_CA_MISMATCH' };
    await expect(enrol({ token: tokenFor('http://192.0.2.1:1', null), nowMs })).rejects.toMatchObject(refusal);
    await expect(enrol({ token: tokenFor('https://127.0.0.1:1', null), nowMs })).rejects.toMatchObject(refusal);
  });

  it('refuses roots that the token does not name', async () => {
    await using hub = await startHub(null);
    const token = tokenFor(hub.url, null, ['0'.repeat(64)]);
    await expect(enrol({ token, nowMs })).rejects.toMatchObject({ code: 'ENROL_REFUSED' });
  });

  it('says that nobody answers', async () => {
    const token = tokenFor('http://127.0.0.1:1', null);
    await expect(enrol({ token, nowMs })).rejects.toMatchObject({ code: 'ENROL_UNREACHABLE' });
  });
});
