import { openBatch, signals, textAt } from '@airis/protocol';
import { AskFailure } from './ask-agent.ts';

/** A line that a host has kept, masked. */
export interface HeldLine {
  readonly timeUnixMs: number;
  readonly source: string;
  readonly severity: number;
  readonly templateId: bigint;
  readonly body: string;
}

/** Lines of an answer, oldest first. @throws AskFailure ANSWER_INVALID */
export function readHeldLines(bodies: readonly Uint8Array[], nowMs: number): HeldLine[] {
  const lines: HeldLine[] = [];
  for (const body of bodies) {
    const opened = openBatch(signals.log, body, nowMs);
    if (!opened.ok)
      throw new AskFailure('ANSWER_INVALID', opened.reason, `the agent's lines cannot be read: ${opened.detail}`);
    const batch = opened.value;
    const times = batch.column('t', 'timestampMs');
    const sources = batch.column('source', 'utf8');
    const severities = batch.column('severity', 'uint8');
    const templates = batch.column('templateId', 'uint64');
    const texts = batch.column('body', 'utf8');
    for (let row = 0; row < batch.rows; row++) {
      lines.push({
        timeUnixMs: Number(times[row]),
        source: textAt(sources, row),
        severity: severities[row]!,
        templateId: templates[row]!,
        body: textAt(texts, row),
      });
    }
  }
  return lines.sort((a, b) => a.timeUnixMs - b.timeUnixMs);
}
