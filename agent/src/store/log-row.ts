import type { MaskedLog } from '../gate/gate.ts';
import type { KeptRow } from './kept-rows.ts';

/** A masked line as it is kept on the host; the template's id in decimal digits. */
export type LogRow = readonly [timeUnixMs: number, severity: number, source: string, templateId: string, body: string] &
  KeptRow;

export const logRow = ({ timeUnixMs, severity, source, templateId, body }: MaskedLog): LogRow => [
  timeUnixMs,
  severity,
  source,
  templateId.toString(),
  body,
];
