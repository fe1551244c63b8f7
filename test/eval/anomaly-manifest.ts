import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** What detection may know of a file: never its labels. Other keys of the manifest are ignored. */
const anomalyFile = z.object({
  id: z.string().regex(/^(?:(?!\.\.?(?:\/|$))[\w.-]+(?:\/|$))+$/, 'a relative path without dots'),
  family: z.string().regex(/^[\w.-]+$/),
  file: z.string(),
  channels: z.array(z.string()).min(1),
  train_rows: z.int().nonnegative(),
});
export type AnomalyFile = z.infer<typeof anomalyFile>;

const anomalyManifest = z.object({ files: z.array(anomalyFile) });

export async function readAnomalyManifest(path: string): Promise<readonly AnomalyFile[]> {
  return anomalyManifest.parse(JSON.parse(await readFile(path, 'utf8'))).files;
}

/** The named columns of a CSV (gzipped or not); an empty or unreadable cell is NaN. */
export async function readChannels(manifestPath: string, file: AnomalyFile): Promise<Float64Array[]> {
  const bytes = await readFile(join(dirname(manifestPath), file.file));
  const text = (file.file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.split('\n');
  const header = lines[0]!.trim().split(',');
  const columns = file.channels.map((name) => {
    const at = header.indexOf(name);
    if (at < 0) throw new Error(`${file.file} has no column ${name}`);
    return at;
  });
  const rows = lines.slice(1).filter((line) => line !== '');
  const channels = columns.map(() => new Float64Array(rows.length));
  rows.forEach((line, t) => {
    const cells = line.trimEnd().split(',');
    columns.forEach((at, c) => {
      const cell = cells[at] ?? '';
      channels[c]![t] = cell === '' ? Number.NaN : Number(cell);
    });
  });
  return channels;
}
