import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { alertsEval } from './alerts.ts';
import { detectEval } from './detect.ts';
import { defineEval, readFlags } from './eval.ts';
import { scoreForecasts } from './forecast-score.ts';
import { logsEval } from './logs.ts';
import { rcaEval } from './rca.ts';

const run = promisify(execFile);
const silent = (): void => undefined;

/** One quality with labelled data and a scorer. */
interface Part {
  readonly name: string;
  /** Below the folder of labelled data. */
  readonly scorer: string;
  readonly data: string;
  readonly modules: readonly string[];
  /** Runs the product's own eval; gives the words for the scorer, one list for each table. */
  answer(data: string, out: string): Promise<readonly (readonly string[])[]>;
}

const parts: readonly Part[] = [
  {
    name: 'anomaly detection',
    scorer: 'bench/score_anomaly.py',
    data: 'data/anomaly/manifest.json',
    modules: ['numpy', 'pandas', 'sklearn'],
    async answer(manifest, out) {
      await detectEval.run(['--manifest', manifest, '--out', out], silent);
      return [['--manifest', manifest, '--scores', out]];
    },
  },
  {
    name: 'log templates',
    scorer: 'bench/score_logs.py',
    data: 'data/logs',
    modules: [],
    async answer(root, out) {
      const words: string[][] = [];
      for (const name of await readdir(root)) {
        const truth = join(root, name, `${name}_2k.truth.csv.gz`);
        const isSet = await access(truth).then(
          () => true,
          () => false,
        );
        if (!isSet) continue;
        const answers = join(out, `${name}.csv`);
        await logsEval.run(['--input', join(root, name, `${name}_2k.log.gz`), '--out', answers], silent);
        words.push([truth, answers]);
      }
      return words;
    },
  },
  {
    name: 'root causes',
    scorer: 'bench/score_rca.py',
    data: 'data/rca',
    modules: [],
    async answer(root, out) {
      const answers = join(out, 'rca.json');
      await rcaEval.run(['--root', root, '--out', answers], silent);
      return [[join(root, 'truth.json'), answers, '--cases', join(root, 'cases.json')]];
    },
  },
  {
    name: 'correlation of alerts',
    scorer: 'bench/score_alerts.py',
    data: 'data/rca',
    modules: [],
    async answer(root, out) {
      const streams = (await readdir(join(root, 'alerts'))).filter((name) => name.endsWith('.alerts.jsonl'));
      const words: string[][] = [];
      for (const stream of streams) {
        const answers = join(out, stream);
        await alertsEval.run(['--input', join(root, 'alerts', stream), '--root', root, '--out', answers], silent);
        words.push([join(root, 'alerts', stream.replace('.alerts.', '.truth.')), answers]);
      }
      return words;
    },
  },
];

/** Runs every eval that has labelled data beside the checkout, with the scorers there, and prints their tables. */
export const scoreEval = defineEval({
  name: 'score',
  usage: 'score [--shared DIR] [--python PATH]',
  async run(args, print) {
    const { shared = '../shared', python = process.env.AIRIS_PYTHON ?? 'python3' } = readFlags(
      args,
      [],
      ['shared', 'python'],
    );
    const missing: string[] = [];
    for (const part of parts) {
      const data = join(shared, part.data);
      const scorer = join(shared, part.scorer);
      const lacks = await whatIsMissing([data, scorer], part.modules, python);
      missing.push(...lacks.map((what) => `cannot score ${part.name}: ${what}`));
      if (lacks.length > 0) continue;
      const out = await mkdtemp(join(tmpdir(), 'airis-eval-'));
      try {
        for (const words of await part.answer(data, out)) {
          const { stdout } = await run(python, [scorer, ...words], { maxBuffer: 16 * 1024 * 1024 });
          print(`${part.name}\n${stdout.trimEnd()}`);
        }
      } finally {
        await rm(out, { recursive: true, force: true });
      }
    }
    await scoreForecasts(join(shared, 'data/anomaly'), print).catch((error: unknown) =>
      missing.push(`cannot score forecasts: ${error instanceof Error ? error.message : String(error)}`),
    );
    if (missing.length > 0) throw new Error(missing.join('\n'));
  },
});

/** Sentences that say exactly what is not there. */
async function whatIsMissing(paths: readonly string[], modules: readonly string[], python: string): Promise<string[]> {
  const missing: string[] = [];
  for (const path of paths) {
    await access(path).catch(() => missing.push(`${path} is not there`));
  }
  for (const words of [['--version'], ...modules.map((module) => ['-c', `import ${module}`])]) {
    await run(python, words).catch((error: NodeJS.ErrnoException) => {
      missing.push(
        error.code === 'ENOENT' ? `${python} is not there` : `${python} has no module ${words[1]?.slice(7)}`,
      );
    });
  }
  return [...new Set(missing)];
}
