import { ModelsError } from '../errors.ts';
import { encodeModel, type OnnxAttribute, type OnnxNode, type OnnxTensor, type OnnxValue } from './onnx.ts';

/** A value of the graph with its static shape. Compared by identity. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** From the gradients of an operation's outputs (null: none flows) to those of its inputs (null: not differentiable there). */
export type Pullback = (outputGradients: readonly (Tensor | null)[]) => readonly (Tensor | null)[];

export interface Recorded {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly pullback: Pullback;
}

export interface NamedOutput {
  readonly name: string;
  readonly tensor: Tensor;
  /** As written in the file, where it differs from the static shape (a free batch dimension). */
  readonly dims?: readonly (number | string)[];
}

/**
 * An ONNX graph under construction. Operations (`operations.ts`) append nodes and record how gradients flow back, and
 * `gradient` appends the nodes of the backward pass: the result is plain ONNX, whichever pass it came from.
 */
export class TensorGraph {
  readonly type: 'float32' | 'float64';
  readonly recorded: Recorded[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: OnnxTensor[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #known = new Map<string, Tensor>();
  #names = 0;

  /** float64 is for checking gradients; models run in float32. */
  constructor(type: 'float32' | 'float64' = 'float32') {
    this.type = type;
  }

  input(name: string, shape: readonly number[], dims: readonly (number | string)[] = shape): Tensor {
    this.#inputs.push({ name, type: this.type, dims });
    return { name, shape };
  }

  /** A constant; equal scalars of equal shape are kept once. */
  constant(value: number | Float32Array, shape: readonly number[] = []): Tensor {
    const key = typeof value === 'number' ? `${value} [${shape}]` : null;
    const known = key === null ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const size = sizeOf(shape);
    if (typeof value !== 'number' && value.length !== size) throw shapeError('constant', [value.length], shape);
    const data = this.type === 'float32' ? new Float32Array(size) : new Float64Array(size);
    if (typeof value === 'number') data.fill(value);
    else data.set(value);
    const tensor = this.#fresh(shape);
    this.#constants.push({ name: tensor.name, type: this.type, dims: shape, data });
    if (key !== null) this.#known.set(key, tensor);
    return tensor;
  }

  /** A vector of whole numbers, as shapes and axes are given to operators. */
  integers(values: readonly number[]): Tensor {
    const key = `int64 ${values}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const tensor = this.#fresh([values.length]);
    const data = BigInt64Array.from(values, BigInt);
    this.#constants.push({ name: tensor.name, type: 'int64', dims: [values.length], data });
    this.#known.set(key, tensor);
    return tensor;
  }

  /** Appends a node. Its gradient is unknown until `record` says how it flows. */
  node(
    op: string,
    inputs: readonly Tensor[],
    shapes: readonly (readonly number[])[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain?: OnnxNode['domain'],
  ): Tensor[] {
    const outputs = shapes.map((shape) => this.#fresh(shape));
    const names = { inputs: inputs.map(nameOf), outputs: outputs.map(nameOf) };
    this.#nodes.push({ op, ...names, attributes, ...(domain === undefined ? {} : { domain }) });
    return outputs;
  }

  record(inputs: readonly Tensor[], outputs: readonly Tensor[], pullback: Pullback): void {
    this.recorded.push({ inputs, outputs, pullback });
  }

  /** The ONNX file that computes `outputs`, without nodes they do not need. */
  encode(name: string, outputs: readonly NamedOutput[]): Uint8Array {
    const named = outputs.map<OnnxNode>((output) => ({
      op: 'Identity',
      inputs: [output.tensor.name],
      outputs: [output.name],
      attributes: {},
    }));
    const { nodes, used } = withoutUnused([...this.#nodes, ...named], outputs.map(nameOf));
    return encodeModel({
      name,
      nodes,
      constants: this.#constants.filter((constant) => used.has(constant.name)),
      inputs: this.#inputs.filter((input) => used.has(input.name)),
      outputs: outputs.map(({ name, tensor, dims }) => ({ name, type: this.type, dims: dims ?? tensor.shape })),
    });
  }

  #fresh(shape: readonly number[]): Tensor {
    return { name: `t${this.#names++}`, shape };
  }
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

export function shapeError(op: string, ...shapes: readonly (readonly number[])[]): ModelsError {
  const texts = shapes.map((shape) => `[${shape}]`).join(' and ');
  return new ModelsError('GRAPH_SHAPE', `${op} cannot take ${texts}`, 'check the shapes of the layers');
}

const nameOf = ({ name }: { readonly name: string }): string => name;

function withoutUnused(nodes: readonly OnnxNode[], outputs: readonly string[]) {
  const used = new Set(outputs);
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => used.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) used.add(input);
  }
  return { nodes: kept.reverse(), used };
}
