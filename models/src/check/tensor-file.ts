import { ModelsError } from '../errors.ts';
import { type MessageRules, malformed, ProtobufMessage } from './protobuf-message.ts';

/** A constant of a model: its numbers were counted and looked at, and are not kept. */
export interface TensorFile {
  readonly name: string;
  readonly dims: readonly number[];
  readonly numbers: number;
}

const rules: MessageRules = {
  1: 'many',
  2: 'once',
  3: { refused: 'a tensor in segments' },
  4: 'many',
  5: 'many',
  6: { refused: 'a tensor of texts' },
  7: 'many',
  8: 'once',
  9: 'once',
  10: 'many',
  11: 'many',
  12: 'once',
  13: 'many',
  14: 'once',
  16: 'many',
};

const MOST_DIMENSIONS = 8;

/** Element types of onnx.proto that may stand in a model: bytes each in raw form, and the field that holds them otherwise. */
const elements: Readonly<Record<number, { readonly size: number; readonly field: 4 | 5 | 7 | 10 }>> = {
  1: { size: 4, field: 4 },
  2: { size: 1, field: 5 },
  3: { size: 1, field: 5 },
  6: { size: 4, field: 5 },
  7: { size: 8, field: 7 },
  9: { size: 1, field: 5 },
  11: { size: 8, field: 10 },
};

/** Reads a TensorProto: data inside the file, as many numbers as its dimensions say, none of them NaN. */
export function readTensor(bytes: Uint8Array): TensorFile {
  const message = new ProtobufMessage('TensorProto', bytes, rules);
  const name = message.text(8).slice(0, 100);
  if (message.has(13) || message.integer(14) !== 0) {
    const hint = 'save the model as one file (save_as_external_data=False)';
    throw new ModelsError('MODEL_EXTERNAL_DATA', `weights ${name} lie in another file`, hint);
  }
  const type = message.integer(2);
  const element = elements[type];
  if (element === undefined) {
    throw new ModelsError(
      'MODEL_WEIGHTS',
      `weights ${name} are of element type ${type}`,
      'use float32 or whole numbers',
    );
  }
  const dims = message.integers(1);
  const numbers = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length > MOST_DIMENSIONS || dims.some((dim) => dim < 0) || !Number.isSafeInteger(numbers)) {
    throw malformed(`weights ${name} have the dimensions [${dims.slice(0, MOST_DIMENSIONS)}]`);
  }
  const raw = message.part(9);
  const held = raw === null ? heldNumbers(message, type, element.field) : raw.length / element.size;
  if (held !== numbers) throw malformed(`weights ${name} are ${held} numbers in dimensions [${dims}]`);
  if (type === 1) refuseNaN(raw ?? message.fixed(4, 4), 4, `weights ${name}`);
  if (type === 11) refuseNaN(raw ?? message.fixed(10, 8), 8, `weights ${name}`);
  return { name, dims, numbers };
}

function heldNumbers(message: ProtobufMessage, type: number, field: 4 | 5 | 7 | 10): number {
  if (type === 1) return message.fixed(4, 4).length / 4;
  if (type === 11) return message.fixed(10, 8).length / 8;
  return message.integers(field).length;
}

/** Infinite numbers pass: masks are made of them. A NaN spreads to every score. */
export function refuseNaN(bytes: Uint8Array, size: 4 | 8, what: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + size <= bytes.length; at += size) {
    const value = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    if (!Number.isNaN(value)) continue;
    throw new ModelsError('MODEL_WEIGHTS', `${what} hold NaN at ${at / size}`, 'train again: the loss has diverged');
  }
}
