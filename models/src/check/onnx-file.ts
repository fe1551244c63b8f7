import { type MessageRules, malformed, ProtobufMessage } from './protobuf-message.ts';
import { readTensor, refuseNaN, type TensorFile } from './tensor-file.ts';

/** An ONNX file as far as a check needs it. Field numbers are those of onnx.proto. */
export interface OnnxFile {
  readonly irVersion: number;
  /** By domain; `ai.onnx` is spelt out. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly { readonly op: string; readonly domain: string }[];
  readonly weights: readonly TensorFile[];
  /** Without those that weights of the same name fill. */
  readonly inputs: readonly ValueFile[];
  readonly outputs: readonly ValueFile[];
}

export interface ValueFile {
  readonly name: string;
  /** Of onnx.proto; `null` for what is no tensor. */
  readonly elementType: number | null;
  /** `null` where a dimension is free; `null` as a whole where no shape is given. */
  readonly dims: readonly (number | null)[] | null;
}

const subgraph = { refused: 'a graph inside a node (If, Loop, Scan)' };
const model: MessageRules = {
  1: 'once',
  2: 'once',
  3: 'once',
  4: 'once',
  5: 'once',
  6: 'once',
  7: 'once',
  8: 'many',
  14: 'many',
  20: { refused: 'a part for training' },
  25: { refused: 'functions of its own' },
  26: { refused: 'places on devices' },
};
const graph: MessageRules = {
  1: 'many',
  2: 'once',
  5: 'many',
  10: 'once',
  11: 'many',
  12: 'many',
  13: 'many',
  14: { refused: 'annotations of quantization' },
  15: { refused: 'sparse weights' },
  16: 'many',
};
const node: MessageRules = {
  1: 'many',
  2: 'many',
  3: 'once',
  4: 'once',
  5: 'many',
  6: 'once',
  7: 'once',
  8: { refused: 'a node that calls a function of its own' },
  9: 'many',
  10: { refused: 'places on devices' },
};
const attribute: MessageRules = {
  1: 'once',
  2: 'once',
  3: 'once',
  4: 'once',
  5: 'once',
  6: subgraph,
  7: 'many',
  8: 'many',
  9: 'many',
  10: 'many',
  11: subgraph,
  13: 'once',
  14: { refused: 'a type as an attribute' },
  15: { refused: 'types as an attribute' },
  20: 'once',
  21: { refused: 'an attribute of a function' },
  22: { refused: 'sparse weights' },
  23: { refused: 'sparse weights' },
};
const opset: MessageRules = { 1: 'once', 2: 'once' };
const value: MessageRules = { 1: 'once', 2: 'once', 3: 'once', 4: 'many' };
const type: MessageRules = { 1: 'once', 4: 'once', 5: 'once', 6: 'once', 8: 'once', 9: 'once' };
const tensorType: MessageRules = { 1: 'once', 2: 'once' };
const shape: MessageRules = { 1: 'many' };
const dimension: MessageRules = { 1: 'once', 2: 'once', 3: 'once' };

/**
 * Reads a file from outside without running anything: five levels deep and no further, so that neither nesting nor announced
 * lengths cost more than the file's own size. Throws a `ModelsError` with what is wrong and what to do.
 */
export function readOnnxFile(bytes: Uint8Array): OnnxFile {
  const file = new ProtobufMessage('ModelProto', bytes, model);
  const inside = file.part(7);
  if (inside === null) throw malformed('the file holds no graph');
  const content = new ProtobufMessage('GraphProto', inside, graph);
  const attributeWeights: TensorFile[] = [];
  const nodes = content.parts(1).map((one) => readNode(one, attributeWeights));
  const constants = content.parts(5).map(readTensor);
  const filled = new Set(constants.map(({ name }) => name));
  return {
    irVersion: file.integer(1),
    opsets: readOpsets(file.parts(8)),
    nodes,
    weights: [...constants, ...attributeWeights],
    inputs: content
      .parts(11)
      .map(readValue)
      .filter(({ name }) => !filled.has(name)),
    outputs: content.parts(12).map(readValue),
  };
}

function readOpsets(parts: readonly Uint8Array[]): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const part of parts) {
    const message = new ProtobufMessage('OperatorSetIdProto', part, opset);
    const domain = spelt(message.text(1));
    if (opsets.has(domain)) throw malformed(`operator set ${domain} stands twice`);
    opsets.set(domain, message.integer(2));
  }
  return opsets;
}

function readNode(bytes: Uint8Array, weights: TensorFile[]) {
  const message = new ProtobufMessage('NodeProto', bytes, node);
  const op = message.text(4);
  for (const part of message.parts(5)) readAttribute(part, op, weights);
  return { op, domain: spelt(message.text(7)) };
}

function readAttribute(bytes: Uint8Array, op: string, weights: TensorFile[]): void {
  const message = new ProtobufMessage('AttributeProto', bytes, attribute);
  for (const tensor of [...message.parts(5), ...message.parts(10)]) weights.push(readTensor(tensor));
  const what = `numbers of ${op} (${message.text(1)})`;
  refuseNaN(message.fixed(2, 4), 4, what);
  refuseNaN(message.fixed(7, 4), 4, what);
}

function readValue(bytes: Uint8Array): ValueFile {
  const message = new ProtobufMessage('ValueInfoProto', bytes, value);
  const name = message.text(1);
  const typeBytes = message.part(2);
  if (typeBytes === null) return { name, elementType: null, dims: null };
  const tensorBytes = new ProtobufMessage('TypeProto', typeBytes, type).part(1);
  if (tensorBytes === null) return { name, elementType: null, dims: null };
  const tensor = new ProtobufMessage('TypeProto.Tensor', tensorBytes, tensorType);
  const shapeBytes = tensor.part(2);
  const dims =
    shapeBytes === null
      ? null
      : new ProtobufMessage('TensorShapeProto', shapeBytes, shape).parts(1).map((part) => {
          const one = new ProtobufMessage('Dimension', part, dimension);
          return one.has(1) ? one.integer(1) : null;
        });
  return { name, elementType: tensor.integer(1), dims };
}

const spelt = (domain: string): string => (domain === '' ? 'ai.onnx' : domain);
