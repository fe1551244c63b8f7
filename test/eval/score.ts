import { execFile } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { detectEval } from './detect.ts';
import { defineEval, readFlags } from './eval.ts';

const run = promisify(execFile);
const needed = ['numpy', 'pandas', 'sklearn'] as const;

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
    const manifest = join(shared, 'data/anomaly/manifest.json');
    const scorer = join(shared, 'bench/score_anomaly.py');
    const missing = await whatIsMissing([manifest, scorer], python);
    if (missing.length > 0) throw new Error(`cannot score anomaly detection: ${missing.join('; ')}`);
    const out = await mkdtemp(join(tmpdir(), 'airis-eval-'));
    try {
      await detectEval.run(['--manifest', manifest, '--out', out], () => undefined);
      const { stdout } = await run(python, [scorer, '--manifest', manifest, '--scores', out], {
        maxBuffer: 16 * 1024 * 1024,
      });
      print(stdout.trimEnd());
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  },
});

/** Sentences that say exactly what is not there. */
async function whatIsMissing(paths: readonly string[], python: string): Promise<string[]> {
  const missing: string[] = [];
  for (const path of paths) {
    await access(path).catch(() => missing.push(`${path} is not there`));
  }
  for (const module of needed) {
    await run(python, ['-c', `import ${module}`]).catch((error: NodeJS.ErrnoException) => {
      missing.push(error.code === 'ENOENT' ? `${python} is not there` : `${python} has no module ${module}`);
    });
  }
  return [...new Set(missing)];
}
