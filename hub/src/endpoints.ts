import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeWholeFile } from './whole-file.ts';

/** Addresses of a running hub, as other programs of this machine find them. Null is not served by this version. */
const endpoints = z.object({
  http: z.string(),
  nats: z.string(),
  clickhouse: z.string(),
  otlpHttp: z.string().nullable(),
  otlpGrpc: z.string().nullable(),
});
export type Endpoints = z.infer<typeof endpoints>;

export function writeEndpoints(file: string, addresses: Endpoints): void {
  writeWholeFile(file, `${JSON.stringify(addresses, null, 2)}\n`, 0o644);
}

/** The addresses, or null where no hub has served from this folder yet. */
export function readEndpoints(file: string): Endpoints | null {
  try {
    const parsed = endpoints.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // not there, or of another version: the hub writes it anew at its next start
  }
}
