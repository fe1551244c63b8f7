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
  | { readonly kind: 'ints'; readonly value: ArrayLike<number> }
  | { readonly kind: 'floats'; readonly value: Float32Array }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'texts'; readonly value: readonly string[] };

export interface OnnxNode {
  readonly op: string;
  /** The operator set it belongs to; `ai.onnx` where none is given. */
  readonly domain?: 'ai.onnx.ml';
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
/** Of `ai.onnx.ml`, where trees and support vectors are. */
const ML_OPSET = 3;
const IR_VERSION = 8;

/** An ONNX file (ModelProto) with the operators of `ai.onnx`, opset 17, and `ai.onnx.ml`. Field numbers are those of onnx.proto. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const writer = new ProtobufWriter()
    .varint(1, IR_VERSION)
    .text(2, 'airis-models')
    .message(7, encodeGraph(model))
    .message(8, new ProtobufWriter().text(1, '').varint(2, OPSET));
  if (model.nodes.some(({ domain }) => domain !== undefined)) {
    writer.message(8, new ProtobufWriter().text(1, 'ai.onnx.ml').varint(2, ML_OPSET));
  }
  return writer.finish();
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
  if (node.domain !== undefined) writer.text(7, node.domain);
  return writer;
}

function encodeAttribute(name: string, attribute: OnnxAttribute): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  switch (attribute.kind) {
    case 'int':
      return writer.varint(3, attribute.value).varint(20, 2);
    case 'text':
      return writer.text(4, attribute.value).varint(20, 3);
    case 'floats':
      return writer.bytes(7, bytesOf(attribute.value)).varint(20, 6);
    case 'ints': {
      const packed = new ProtobufWriter();
      for (let i = 0; i < attribute.value.length; i++) packed.rawVarint(attribute.value[i]!);
      return writer.bytes(8, packed.finish()).varint(20, 7);
    }
    case 'texts':
      for (const text of attribute.value) writer.text(9, text);
      return writer.varint(20, 8);
  }
}

function encodeTensor(tensor: OnnxTensor): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const dim of tensor.dims) writer.varint(1, dim);
  return writer.varint(2, elementTypes[tensor.type]).text(8, tensor.name).bytes(9, bytesOf(tensor.data));
}

/** Little-endian, as ONNX has it and as is every platform that Node runs ONNX Runtime on. */
function bytesOf(values: OnnxTensor['data']): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
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
