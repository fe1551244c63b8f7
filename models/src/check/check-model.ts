import { createHash } from 'node:crypto';
import { ModelsError, type ModelsErrorCode } from '../errors.ts';
import { MODEL_BYTES_MAX, type ModelManifest } from '../export/manifest.ts';
import { type OnnxFile, readOnnxFile, type ValueFile } from './onnx-file.ts';
import { operators } from './operators.ts';

/** Something for which an agent would not run a model: a code that stays, what was found, what to do. */
export interface ModelProblem {
  readonly code: ModelsErrorCode;
  readonly message: string;
  readonly hint: string;
}

export interface ModelCheck {
  /** Empty: nothing speaks against trying it. */
  readonly problems: readonly ModelProblem[];
  /** `null` for a file that could not be read. */
  readonly facts: ModelFacts | null;
}

export interface ModelFacts {
  readonly bytes: number;
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly operators: readonly string[];
  readonly nodes: number;
  readonly weights: number;
}

const IR_VERSIONS = [4, 11] as const;
const FLOAT32 = 1;
const MOST_SHOWN = 8;

/**
 * Whether a file from outside may be tried as what its manifest says, without running any of it: size, hash, plain parts
 * only, operator sets and operators, input and output, numbers. All problems are told at once where the file can be read.
 */
export function checkModel(model: Uint8Array, manifest: ModelManifest): ModelCheck {
  if (model.length > MODEL_BYTES_MAX) {
    const message = `the file has ${model.length} of at most ${MODEL_BYTES_MAX} bytes`;
    const hint = 'use fewer trees, narrower layers or fewer columns';
    return { problems: [problem('MODEL_TOO_LARGE', message, hint)], facts: null };
  }
  const differing = againstManifest(model, manifest);
  try {
    const file = readOnnxFile(model);
    const problems = [
      ...differing,
      ...checkOpsets(file, manifest),
      ...checkOperators(file),
      ...checkInput(file, manifest),
      ...checkOutput(file, manifest),
      ...checkGoldenRows(manifest),
    ];
    return { problems, facts: factsOf(model, file) };
  } catch (error) {
    if (error instanceof ModelsError) {
      return { problems: [...differing, problem(error.code, error.message, error.hint)], facts: null };
    }
    throw error;
  }
}

const problem = (code: ModelsErrorCode, message: string, hint: string): ModelProblem => ({ code, message, hint });

function againstManifest(model: Uint8Array, { sha256, budget }: ModelManifest): ModelProblem[] {
  const found: ModelProblem[] = [];
  const hash = createHash('sha256').update(model).digest('hex');
  if (hash !== sha256.model) {
    const message = `the file has the hash ${hash}, the manifest says ${sha256.model}`;
    found.push(problem('MODEL_HASH', message, 'use the manifest that was written with this file'));
  }
  if (model.length > budget.modelBytes) {
    const message = `the file has ${model.length} bytes, budget.modelBytes of the manifest is ${budget.modelBytes}`;
    found.push(problem('MODEL_TOO_LARGE', message, 'use the model that the manifest describes'));
  }
  return found;
}

function checkOpsets({ irVersion, opsets }: OnnxFile, manifest: ModelManifest): ModelProblem[] {
  const found: ModelProblem[] = [];
  const [oldest, newest] = IR_VERSIONS;
  if (irVersion < oldest || irVersion > newest) {
    const message = `the file is of IR version ${irVersion}, ${oldest} to ${newest} are read`;
    found.push(problem('MODEL_OPSET', message, 'export it with a current exporter, or lower model.ir_version'));
  }
  for (const [domain, version] of opsets) {
    const known = Object.hasOwn(operators, domain) ? operators[domain] : undefined;
    const shown = shortened(domain);
    if (known === undefined) {
      const hint = `use only ${Object.keys(operators).join(' and ')}`;
      found.push(problem('MODEL_OPSET', `operator set ${shown} is not known`, hint));
      continue;
    }
    const [first, last] = known.versions;
    if (version < first || version > last) {
      const message = `operator set ${shown} is version ${version}, ${first} to ${last} are run`;
      found.push(problem('MODEL_OPSET', message, `export for opset ${Math.min(17, last)}`));
    }
    if (!manifest.domains.includes(domain)) {
      const message = `the manifest does not name the operator set ${shown}`;
      found.push(problem('MODEL_OPSET', message, `add ${shown} to "domains" of the manifest`));
    }
  }
  const main = opsets.get('ai.onnx');
  if (main !== manifest.opset) {
    const message = `the file is for opset ${main ?? 'none'}, the manifest says ${manifest.opset}`;
    found.push(problem('MODEL_OPSET', message, 'use the manifest that was written with this file'));
  }
  return found.slice(0, MOST_SHOWN);
}

function checkOperators({ nodes, opsets }: OnnxFile): ModelProblem[] {
  if (nodes.length === 0) return [problem('MODEL_OPERATOR', 'the graph has no nodes', 'export the model again')];
  const wrong = new Set<string>();
  for (const { op, domain } of nodes) {
    const known = Object.hasOwn(operators, domain) ? operators[domain] : undefined;
    const isAllowed = known?.allowed.has(op) === true && opsets.has(domain);
    if (!isAllowed) wrong.add(`${shortened(op)} of ${shortened(domain)}`);
  }
  return [...wrong].slice(0, MOST_SHOWN).map((one) => {
    const hint = 'write the model without it: no control flow, no chance, no texts';
    return problem('MODEL_OPERATOR', `operator ${one} is not run on hosts`, hint);
  });
}

function checkInput({ inputs }: OnnxFile, manifest: ModelManifest): ModelProblem[] {
  const width = manifest.input.columns.length;
  const [input] = inputs;
  const meant = `one input ${manifest.input.name}: float32 [N, ${width}]`;
  if (input === undefined || inputs.length > 1) {
    const names = inputs.slice(0, MOST_SHOWN).map(({ name }) => shortened(name));
    const message = `the graph has ${inputs.length} inputs (${names.join(', ')})`;
    return [problem('MODEL_INPUT', message, `give it ${meant}`)];
  }
  const [rows, columns] = input.dims ?? [];
  const isMeant =
    input.name === manifest.input.name &&
    input.elementType === FLOAT32 &&
    input.dims?.length === 2 &&
    (rows === null || rows === 1) &&
    columns === width;
  if (isMeant) return [];
  return [problem('MODEL_INPUT', `the input is ${textOf(input)}`, `give it ${meant}, only N may be free`)];
}

function checkOutput({ outputs }: OnnxFile, manifest: ModelManifest): ModelProblem[] {
  const { name } = manifest.output;
  const output = outputs.find((one) => one.name === name);
  const hint = `give it an output ${name}: float32 [N] or [N, 1], higher is stranger`;
  if (output === undefined) {
    const names = outputs.slice(0, MOST_SHOWN).map((one) => shortened(one.name));
    return [problem('MODEL_OUTPUT', `no output is called ${name}: there are ${names.join(', ') || 'none'}`, hint)];
  }
  // An exporter may leave out the shape; the trial sees how many scores come.
  const [, last = 1] = output.dims ?? [];
  const isMeant = output.elementType === FLOAT32 && (output.dims?.length ?? 1) <= 2 && (last === 1 || last === null);
  return isMeant ? [] : [problem('MODEL_OUTPUT', `the output is ${textOf(output)}`, hint)];
}

function checkGoldenRows({ golden, input }: ModelManifest): ModelProblem[] {
  const torn = golden.findIndex((one) => one.input.length !== input.columns.length);
  if (torn < 0) return [];
  const message = `golden vector ${torn} has ${golden[torn]!.input.length} numbers for ${input.columns.length} columns`;
  return [problem('MANIFEST_INVALID', message, 'write golden vectors with one number a column')];
}

function factsOf(model: Uint8Array, { irVersion, opsets, nodes, weights }: OnnxFile): ModelFacts {
  return {
    bytes: model.length,
    irVersion,
    opsets: Object.fromEntries(opsets),
    operators: [...new Set(nodes.map(({ op }) => shortened(op)))].sort(),
    nodes: nodes.length,
    weights: weights.reduce((sum, { numbers }) => sum + numbers, 0),
  };
}

function textOf({ name, elementType, dims }: ValueFile): string {
  const shape = dims === null ? 'without a shape' : `[${dims.slice(0, MOST_SHOWN).map((dim) => dim ?? 'free')}]`;
  const type = elementType === FLOAT32 ? 'float32' : elementType === null ? 'no tensor' : `element type ${elementType}`;
  return `${shortened(name)}: ${type} ${shape}`;
}

/** Names come from outside and stand in messages. */
const shortened = (name: string): string => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
