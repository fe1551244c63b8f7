import { ProtobufWriter } from './protobuf.ts';

/** Element types, numbered as in onnx.proto's TensorProto.DataType. */
const elementTypes = { float32: 1, int64: 7, float64: 11 } as const;
export type ElementType = keyof typeof elementTypes;

export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array;
}

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output of the graph. A text among `dims` is a free dimension (`N`). */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export const OPSET = 17;
const IR_VERSION = 8;

/** An ONNX file (ModelProto) with the operators of `ai.onnx`, opset 17. Field numbers are those of onnx.proto. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const opset = new ProtobufWriter().text(1, '').varint(2, OPSET);
  return new ProtobufWriter()
    .varint(1, IR_VERSION)
    .text(2, 'airis-models')
    .message(7, encodeGraph(model))
    .message(8, opset)
    .finish();
}

function encodeGraph(model: OnnxModel): ProtobufWriter {
  const graph = new ProtobufWriter();
  model.nodes.forEach((node, i) => {
    graph.message(1, encodeNode(node, i));
  });
  graph.text(2, model.name);
  for (const constant of model.constants) graph.message(5, encodeTensor(constant));
  for (const input of model.inputs) graph.message(11, encodeValue(input));
  for (const output of model.outputs) graph.message(12, encodeValue(output));
  return graph;
}

function encodeNode(node: OnnxNode, index: number): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of node.inputs) writer.text(1, input);
  for (const output of node.outputs) writer.text(2, output);
  writer.text(3, `${node.op}_${index}`).text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) writer.message(5, encodeAttribute(name, attribute));
  return writer;
}

function encodeAttribute(name: string, attribute: OnnxAttribute): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  if (attribute.kind === 'int') return writer.varint(3, attribute.value).varint(20, 2);
  const packed = new ProtobufWriter();
  for (const value of attribute.value) packed.rawVarint(value);
  return writer.bytes(8, packed.finish()).varint(20, 7);
}

function encodeTensor(tensor: OnnxTensor): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const dim of tensor.dims) writer.varint(1, dim);
  // Raw data is little-endian, as every platform that Node runs ONNX Runtime on.
  const raw = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  return writer.varint(2, elementTypes[tensor.type]).text(8, tensor.name).bytes(9, raw);
}

function encodeValue(value: OnnxValue): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of value.dims) {
    const one = new ProtobufWriter();
    shape.message(1, typeof dim === 'number' ? one.varint(1, dim) : one.text(2, dim));
  }
  const tensorType = new ProtobufWriter().varint(1, elementTypes[value.type]).message(2, shape);
  return new ProtobufWriter().text(1, value.name).message(2, new ProtobufWriter().message(1, tensorType));
}
