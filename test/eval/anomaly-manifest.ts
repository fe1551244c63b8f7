import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readText } from './read-text.ts';

/** What detection may know of a file: never its labels. Other keys of the manifest are ignored. */
export interface AnomalyFile {
  /** Also the path of its scores below the output folder. */
  readonly id: string;
  readonly family: string;
  /** Below the folder of the manifest. */
  readonly file: string;
  readonly channels: readonly string[];
  readonly trainRows: number;
  /** Time between rows; a minute where the manifest does not say. */
  readonly stepSeconds: number;
}

export async function readAnomalyManifest(path: string): Promise<readonly AnomalyFile[]> {
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (!isRecord(manifest) || !Array.isArray(manifest.files)) throw new Error(`${path} has no list of files`);
  return manifest.files.map((file: unknown, i) => {
    const read = anomalyFileOf(file);
    if (read === null) throw new Error(`${path}: file ${i} lacks one of id, family, file, channels, train_rows`);
    return read;
  });
}

function anomalyFileOf(value: unknown): AnomalyFile | null {
  if (!isRecord(value)) return null;
  const { id, family, file, channels, train_rows: trainRows, step_s: step } = value;
  if (!isInnerPath(id) || !isInnerPath(file) || typeof family !== 'string' || typeof trainRows !== 'number')
    return null;
  const stepSeconds = typeof step === 'number' && step > 0 ? step : 60;
  if (!Array.isArray(channels) || channels.length === 0) return null;
  return { id, family, file, channels: channels.map(String), trainRows, stepSeconds };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A path that stays inside its folder. */
const isInnerPath = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w.-]+(\/[\w.-]+)*$/.test(value) && !value.split('/').includes('..');

/** The named columns of a CSV (gzipped or not); an empty or unreadable cell is NaN. */
export async function readChannels(manifestPath: string, file: AnomalyFile): Promise<Float64Array[]> {
  const lines = (await readText(join(dirname(manifestPath), file.file))).split('\n');
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
