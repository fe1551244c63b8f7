import { dirname, join } from 'node:path';
import {
  checkModel,
  type ModelFacts,
  type ModelFiles,
  type ModelProblem,
  ModelsError,
  type ModelTrial,
  readModelFiles,
  tryModel,
} from '@airis/models';
import type { Command } from './command.ts';
import { required, unknownWord, usageError } from './usage-error.ts';

export const modelCommand: Command = {
  name: 'model',
  about: 'whether agents may run a model that was made elsewhere',
  usage: ['check FILE [--manifest FILE]'],
  options: {
    manifest: { type: 'string', about: 'what the model is; manifest.json beside it by default' },
  },
  async run({ positionals, option, answer }) {
    const [verb, path, ...more] = positionals;
    if (verb !== 'check') throw unknownWord(verb, ['check'], 'action');
    const file = required(path, 'FILE');
    if (more.length > 0) throw usageError(`${more[0]} is one file too many`, 'check one model at a time');
    const verdict = await examine(file, option('manifest') ?? join(dirname(file), 'manifest.json'));
    answer(verdict, textOf(file, verdict));
    return verdict.isFit ? 0 : 1;
  },
};

interface Verdict {
  readonly isFit: boolean;
  readonly name: string | null;
  readonly problems: readonly ModelProblem[];
  readonly facts: ModelFacts | null;
  /** `null` where the file alone was refused: nothing of it was run. */
  readonly trial: ModelTrial | null;
}

/** Reads first; only what nothing speaks against is run, in a process of its own. */
async function examine(modelPath: string, manifestPath: string): Promise<Verdict> {
  const files = await readOrRefuse(modelPath, manifestPath);
  if ('code' in files) return { isFit: false, name: null, problems: [files], facts: null, trial: null };
  const { name } = files.manifest;
  const { problems, facts } = checkModel(files.model, files.manifest);
  if (problems.length > 0) return { isFit: false, name, problems, facts, trial: null };
  const tried = await tryModel(files.model, files.manifest);
  const isFit = tried.problems.length === 0;
  return { isFit, name, problems: tried.problems, facts, trial: tried.ok ? tried.trial : null };
}

async function readOrRefuse(modelPath: string, manifestPath: string): Promise<ModelFiles | ModelProblem> {
  try {
    return await readModelFiles(modelPath, manifestPath);
  } catch (error) {
    if (!(error instanceof ModelsError)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

function textOf(file: string, { isFit, name, problems, facts, trial }: Verdict): string {
  const lines = [isFit ? `${file}: agents may run it as ${name}` : `${file}: agents would not run it`];
  for (const { code, message, hint } of problems) lines.push(`  ${message}`, `    ${hint} [${code}]`);
  if (facts !== null) {
    const opsets = Object.entries(facts.opsets).map(([domain, version]) => `${domain} ${version}`);
    lines.push(`  ${facts.bytes} bytes, ${facts.nodes} nodes, ${opsets.join(', ')}: ${facts.operators.join(' ')}`);
  }
  if (trial !== null) {
    const memory = trial.memoryMiB === null ? '' : `, ${trial.memoryMiB.toFixed(0)} MiB with ONNX Runtime`;
    const [median, p99] = [trial.inferenceMsMedian, trial.inferenceMsP99].map((ms) => ms.toFixed(2));
    lines.push(`  loads in ${trial.loadMs.toFixed(0)} ms, a window takes ${median} ms (p99 ${p99})${memory}`);
  }
  return lines.join('\n');
}
