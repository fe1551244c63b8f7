import { writeFile } from 'node:fs/promises';
import { forecastSeries, forecastWithNetworks, type StepClock } from '@airis/models';
import { defineEval, readFlags, UsageError } from './eval.ts';
import { readText } from './read-text.ts';

/** Rows whose distances say how long a step is. */
const CLOCK_ROWS = 200;

/** Forecast of one column of a CSV file from its first rows; what comes after them is never read. */
export const forecastEval = defineEval({
  name: 'forecast',
  usage: 'forecast --input CSV[.gz] --column C --train N --horizon H --out F [--period P] [--networks yes|no]',
  async run(args, print) {
    const flags = readFlags(args, ['input', 'column', 'train', 'horizon', 'out'], ['period', 'networks']);
    const train = whole('train', flags.train);
    const period = flags.period === undefined ? undefined : whole('period', flags.period);
    const networks = yesOrNo('networks', flags.networks ?? 'no');
    const { header, rows } = await readCsv(flags.input, train);
    const column = header.indexOf(flags.column);
    if (column < 0) throw new UsageError(`${flags.input} has no column ${flags.column}: it has ${header.join(', ')}`);
    if (rows.length < train) throw new UsageError(`${flags.input} has ${rows.length} rows, not ${train}`);
    const clock = clockOf(header, rows);
    const request = {
      values: rows.map((row) => readNumber(row[column])),
      horizon: whole('horizon', flags.horizon),
      ...(period === undefined ? {} : { period }),
      ...(clock === null ? {} : { clock }),
    };
    // Networks are trained on ONNX Runtime, which is loaded only then.
    process.env.ORT_DISABLE_TELEMETRY = '1';
    const forecast = networks ? await forecastWithNetworks(request) : forecastSeries(request);
    const model = forecast.weights.map(({ name, weight }) => `${name} ${weight.toFixed(2)}`).join(', ') || 'last value';
    const answer = {
      mean: [...forecast.mean],
      lower: [...forecast.ninety.lower],
      upper: [...forecast.ninety.upper],
      lower50: [...forecast.half.lower],
      upper50: [...forecast.half.upper],
      model,
      periods: forecast.periods,
    };
    await writeFile(flags.out, `${JSON.stringify(answer)}\n`);
    print(`${train} values, ${forecast.mean.length} steps ahead: ${model}`);
  },
});

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--${name} is ${text}: a whole number above 0 is needed`);
  return value;
}

function yesOrNo(name: string, text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new UsageError(`--${name} is ${text}: yes or no is needed`);
  return text === 'yes';
}

const readNumber = (text: string | undefined): number =>
  text === undefined || text.trim() === '' ? Number.NaN : Number(text);

async function readCsv(path: string, limit: number): Promise<{ header: string[]; rows: string[][] }> {
  const lines = (await readText(path)).split(/\r?\n/).filter((line) => line !== '');
  const cells = (line: string) => line.split(',').map((cell) => cell.replace(/^"(.*)"$/, '$1'));
  return { header: cells(lines[0] ?? ''), rows: lines.slice(1, limit + 1).map(cells) };
}

/** From a column of times: the usual distance of two rows. None where there is no such column, or rows jump about. */
function clockOf(header: readonly string[], rows: readonly (readonly string[])[]): StepClock | null {
  const column = header.findIndex((name) => /^(?:time|timestamp|date|datetime|ds|ts)$/i.test(name.trim()));
  if (column < 0) return null;
  const times = rows.slice(0, CLOCK_ROWS).map((row) => timeOf(row[column] ?? ''));
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  const step = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)];
  if (step === undefined || !(step > 0) || steps.filter((one) => one === step).length < steps.length / 2) return null;
  return { startUnixMs: times[0]!, stepMs: step };
}

function timeOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number > 1e11 ? number : number * 1_000;
  return Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.trim().replace(' ', 'T')}Z`);
}
