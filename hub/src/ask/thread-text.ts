import { decompressBatch } from '@airis/protocol';
import { AskFailure } from './ask-agent.ts';

const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** Thread dumps of an answer as one text of at most 64 MB. @throws AskFailure ANSWER_INVALID */
export function readThreadText(bodies: readonly Uint8Array[]): string {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const body of bodies) {
    const opened = decompressBatch(body);
    if (!opened.ok)
      throw new AskFailure('ANSWER_INVALID', opened.reason, `the agent's threads cannot be read: ${opened.detail}`);
    bytes += opened.value.length;
    if (bytes > MAX_TEXT_BYTES) {
      throw new AskFailure('ANSWER_INVALID', 'too-large', `the agent's threads are more than ${MAX_TEXT_BYTES} bytes`);
    }
    parts.push(opened.value);
  }
  return Buffer.concat(parts).toString('utf8');
}
