import { hostname } from 'node:os';
import {
  createUserKey,
  decodeEnrolmentToken,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  enrolmentAnswer,
  fingerprintOf,
  proveEnrolment,
  publicKeyFromPem,
} from '@airis/protocol';
import { z } from 'zod';
import { AgentError } from './errors.ts';
import { nodeHttp, nodeHttps } from './http-module.ts';
import type { Identity } from './identity.ts';
import { pinnedAuthority } from './pinned-authority.ts';

export interface EnrolOptions {
  readonly token: string;
  readonly wantedId?: string;
  readonly nowMs: () => number;
}

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const problem = z.object({ title: z.string().optional(), detail: z.string().optional(), code: z.string().optional() });

/**
 * Makes a key, proves at the hub that we hold it, and gives the identity that comes back. The hub is the one whose CA
 * the token names; what it says to trust must be what the token names too.
 */
export async function enrol({ token, wantedId, nowMs }: EnrolOptions): Promise<Identity> {
  const decoded = decodeEnrolmentToken(token);
  if (decoded === null) {
    throw new AgentError(
      'ENROL_TOKEN_INVALID',
      'this is no enrolment token',
      'copy the whole token, from `airis1.` on',
    );
  }
  const url = new URL('/api/v1/enrol', decoded.url);
  const ca = await trustedAuthority(url, decoded.ca);
  const key = createUserKey();
  const body: EnrolmentRequest = {
    token,
    publicKey: key.publicKey,
    proof: proveEnrolment(key.seed, token) ?? '',
    hostName: hostname().slice(0, 255),
    ...(wantedId === undefined ? {} : { wantedId }),
  };
  const answer = await post(url, ca, JSON.stringify(body));
  assertRoots(answer, decoded.roots);
  return { ...answer, seed: key.seed, hubUrl: decoded.url, enrolledAtUnixMs: nowMs() };
}

/** The CA to trust for this URL; `null` for plain HTTP, which only loopback may use. */
async function trustedAuthority(url: URL, fingerprint: string | null): Promise<string | null> {
  if (url.protocol === 'https:' && fingerprint !== null) return pinnedAuthority(url, fingerprint, TIMEOUT_MS);
  if (url.protocol === 'http:' && fingerprint === null && isLoopback(url.hostname)) return null;
  throw new AgentError(
    'ENROL_CA_MISMATCH',
    `${url.origin} with ${fingerprint === null ? 'no' : 'a'} CA fingerprint: refused`,
    'off loopback the hub must be reached over HTTPS, with a token that names its CA',
  );
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.');

async function post(url: URL, ca: string | null, body: string): Promise<EnrolmentAnswer> {
  const { status, text } = await send(url, ca, body).catch((cause: unknown) => {
    throw new AgentError(
      'ENROL_UNREACHABLE',
      `${url.origin}: ${String(cause)}`,
      'check that the hub runs and is reachable',
      {
        cause,
      },
    );
  });
  const parsed = parsedJson(text);
  if (status < 200 || status > 299) {
    const said = problem.safeParse(parsed);
    const reason = said.success ? (said.data.detail ?? said.data.title ?? '') : '';
    const code = said.success ? (said.data.code ?? '') : '';
    throw new AgentError(
      'ENROL_REFUSED',
      `the hub answered ${status} ${code} ${reason}`.trim(),
      'make a new token and try again',
    );
  }
  const answer = enrolmentAnswer.safeParse(parsed);
  if (answer.success) return answer.data;
  throw new AgentError(
    'ENROL_REFUSED',
    'the hub answered something else than an enrolment',
    'check the versions of hub and agent',
  );
}

function send(url: URL, ca: string | null, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', headers, timeout: TIMEOUT_MS, agent: false as const };
    const make = url.protocol === 'https:' ? nodeHttps().request : nodeHttp().request;
    const request = make(url, ca === null ? options : { ...options, ca }, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > MAX_ANSWER_BYTES) request.destroy(new Error(`answer above ${MAX_ANSWER_BYTES} bytes`));
        parts.push(part);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}

function assertRoots(answer: EnrolmentAnswer, fingerprints: readonly string[]): void {
  for (const { keyId, publicKeyPem } of answer.roots) {
    const key = publicKeyFromPem(publicKeyPem);
    if (key !== null && fingerprints.includes(fingerprintOf(key))) continue;
    throw new AgentError(
      'ENROL_REFUSED',
      `the hub names a root ${keyId} that the token does not`,
      'make a new token; if this happens again, the hub is not to be trusted',
    );
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
