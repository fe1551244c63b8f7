import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const VERSION = '2.33.1';
const FILE = `opentelemetry-javaagent-${VERSION}.jar`;
const URL_OF_IT = `https://repo1.maven.org/maven2/io/opentelemetry/javaagent/opentelemetry-javaagent/${VERSION}/${FILE}`;
const SHA256 = 'e43a270df53c6f423e0ab157be9c27ccc01d5dc3232e162fe54777573db2f149';
const TIMEOUT_MS = 60_000;
const tools = resolve(import.meta.dirname, '../../.tools');

/** The OpenTelemetry Java agent of Maven Central, kept in `.tools` and checked before use. */
export async function javaAgentJar(): Promise<string> {
  const kept = join(tools, FILE);
  if (existsSync(kept) && digestOf(readFileSync(kept)) === SHA256) return kept;
  const answer = await fetch(URL_OF_IT, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${URL_OF_IT} answered ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (digestOf(bytes) !== SHA256) throw new Error(`the checksum of ${FILE} is not the pinned one`);
  mkdirSync(tools, { recursive: true });
  writeFileSync(`${kept}.new`, bytes);
  renameSync(`${kept}.new`, kept);
  return kept;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
