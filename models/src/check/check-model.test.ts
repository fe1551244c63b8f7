import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitIsolationForest } from '../classical/isolation-forest.ts';
import { exportIsolationForest } from '../export/isolation-forest.ts';
import type { ModelManifest } from '../export/manifest.ts';
import { encodeModel, type OnnxModel, type OnnxNode } from '../graph/onnx.ts';
import { ProtobufWriter } from '../graph/protobuf.ts';
import { createNormal, createRandom } from '../random.ts';
import { checkModel } from './check-model.ts';

const WIDTH = 3;
const values = Float32Array.from({ length: 300 * WIDTH }, createNormal(createRandom(1)));
const good = exportIsolationForest(fitIsolationForest({ values, width: WIDTH }, { seed: 1, trees: 5 }), {
  name: 'small',
  columns: ['a', 'b', 'c'].map((name) => ({ name, unit: '1' })),
  window: { spanMs: 60_000, everyMs: 10_000 },
  normalization: 'none',
  threshold: 0.6,
  licence: 'test',
  trainingDataSha256: '0'.repeat(64),
  goldenRows: [values.slice(0, WIDTH)],
  training: { data: 'numbers', simulated: true, command: 'none', seed: 1, windows: 300 },
});

/** The manifest as it would be for these bytes. */
const manifestFor = (model: Uint8Array, change: Partial<ModelManifest> = {}): ModelManifest => ({
  ...good.manifest,
  sha256: { ...good.manifest.sha256, model: createHash('sha256').update(model).digest('hex') },
  ...change,
});

const codesOf = (model: Uint8Array, change: Partial<ModelManifest> = {}) =>
  checkModel(model, manifestFor(model, change)).problems.map(({ code }) => code);

const node = (op: string, more: Partial<OnnxNode> = {}): OnnxNode => ({
  op,
  inputs: ['window'],
  outputs: ['score'],
  attributes: {},
  ...more,
});

/** A graph that would be taken, but for what is changed. */
function graphOf(change: Partial<OnnxModel>): Uint8Array {
  return encodeModel({
    name: 'g',
    nodes: [node('ReduceMax')],
    constants: [],
    inputs: [{ name: 'window', type: 'float32', dims: ['N', WIDTH] }],
    outputs: [{ name: 'score', type: 'float32', dims: ['N', 1] }],
    ...change,
  });
}

/** As `encodeModel`, of parts made by hand. */
function fileOf(graph: (writer: ProtobufWriter) => ProtobufWriter, more = (writer: ProtobufWriter) => writer) {
  const opset = new ProtobufWriter().text(1, '').varint(2, 17);
  const model = new ProtobufWriter().varint(1, 8).message(7, graph(new ProtobufWriter())).message(8, opset);
  return more(model).finish();
}
const tensor = (fill: (writer: ProtobufWriter) => ProtobufWriter) =>
  fileOf((graph) => graph.message(5, fill(new ProtobufWriter().text(8, 'w'))));
const inNode = (attribute: (writer: ProtobufWriter) => ProtobufWriter) => (graph: ProtobufWriter) =>
  graph.message(1, new ProtobufWriter().text(4, 'If').message(5, attribute(new ProtobufWriter().text(1, 'a'))));

/** A type of sequences of sequences, `depth` of them. */
function nested(depth: number): ProtobufWriter {
  let inner = new ProtobufWriter().message(1, new ProtobufWriter().varint(1, 1));
  for (let i = 0; i < depth; i++) inner = new ProtobufWriter().message(4, new ProtobufWriter().message(1, inner));
  return inner;
}

const hostile: readonly { name: string; model: Uint8Array; code: string }[] = [
  { name: 'nothing', model: new Uint8Array(0), code: 'MODEL_MALFORMED' },
  { name: 'no protocol buffers', model: new TextEncoder().encode('<html>not a model</html>'), code: 'MODEL_MALFORMED' },
  { name: 'half of a file', model: good.model.subarray(0, good.model.length / 2), code: 'MODEL_MALFORMED' },
  { name: 'more than 500 KB', model: new Uint8Array(501 * 1024), code: 'MODEL_TOO_LARGE' },
  {
    name: 'a length of 2^63',
    model: Uint8Array.of(0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 127),
    code: 'MODEL_MALFORMED',
  },
  { name: 'a number without an end', model: new Uint8Array(40).fill(255), code: 'MODEL_MALFORMED' },
  {
    name: 'a thousand levels',
    model: fileOf((graph) => graph.message(11, new ProtobufWriter().text(1, 'window').message(2, nested(1_000)))),
    code: 'MODEL_INPUT',
  },
  {
    name: 'two graphs',
    model: fileOf(
      (graph) => graph,
      (model) => model.message(7, new ProtobufWriter()),
    ),
    code: 'MODEL_MALFORMED',
  },
  { name: 'a field nobody knows', model: fileOf((graph) => graph.varint(99, 1)), code: 'MODEL_MALFORMED' },
  {
    name: 'functions',
    model: fileOf(
      (graph) => graph,
      (model) => model.text(25, 'f'),
    ),
    code: 'MODEL_UNSUPPORTED',
  },
  {
    name: 'a part for training',
    model: fileOf(
      (graph) => graph,
      (model) => model.text(20, 't'),
    ),
    code: 'MODEL_UNSUPPORTED',
  },
  { name: 'a graph in a node', model: fileOf(inNode((one) => one.message(6, nested(3)))), code: 'MODEL_UNSUPPORTED' },
  { name: 'graphs in a node', model: fileOf(inNode((one) => one.message(11, nested(3)))), code: 'MODEL_UNSUPPORTED' },
  { name: 'sparse weights', model: fileOf((graph) => graph.text(15, 's')), code: 'MODEL_UNSUPPORTED' },
  {
    name: 'weights in /etc/passwd',
    model: tensor((one) => {
      const location = new ProtobufWriter().text(1, 'location').text(2, '/etc/passwd');
      return one.varint(1, 4).varint(2, 1).message(13, location).varint(14, 1);
    }),
    code: 'MODEL_EXTERNAL_DATA',
  },
  {
    name: 'external weights as an attribute',
    model: fileOf(inNode((one) => one.message(5, new ProtobufWriter().varint(2, 1).varint(14, 1)))),
    code: 'MODEL_EXTERNAL_DATA',
  },
  { name: 'weights of texts', model: tensor((one) => one.varint(1, 1).varint(2, 8)), code: 'MODEL_WEIGHTS' },
  {
    name: 'fewer weights than announced',
    model: tensor((one) => one.varint(1, 1e12).varint(2, 1).bytes(9, new Uint8Array(8))),
    code: 'MODEL_MALFORMED',
  },
  {
    name: 'a negative dimension',
    model: tensor((one) => one.varint(1, -1).varint(1, -2).varint(2, 1).bytes(9, new Uint8Array(8))),
    code: 'MODEL_MALFORMED',
  },
  {
    name: 'NaN among the weights',
    model: graphOf({ constants: [{ name: 'w', type: 'float32', dims: [2], data: Float32Array.of(1, Number.NaN) }] }),
    code: 'MODEL_WEIGHTS',
  },
  {
    name: 'NaN among the thresholds of trees',
    model: graphOf({
      nodes: [
        node('TreeEnsembleRegressor', { attributes: { v: { kind: 'floats', value: Float32Array.of(Number.NaN) } } }),
      ],
    }),
    code: 'MODEL_WEIGHTS',
  },
  { name: 'no nodes', model: graphOf({ nodes: [] }), code: 'MODEL_OPERATOR' },
  { name: 'chance', model: graphOf({ nodes: [node('RandomNormalLike')] }), code: 'MODEL_OPERATOR' },
  { name: 'a name of Object.prototype', model: graphOf({ nodes: [node('constructor')] }), code: 'MODEL_OPERATOR' },
  {
    name: 'two inputs',
    model: graphOf({ inputs: [input(WIDTH), { ...input(WIDTH), name: 'b' }] }),
    code: 'MODEL_INPUT',
  },
  { name: 'no input', model: graphOf({ inputs: [] }), code: 'MODEL_INPUT' },
  { name: 'another name', model: graphOf({ inputs: [{ ...input(WIDTH), name: 'x' }] }), code: 'MODEL_INPUT' },
  { name: 'another width', model: graphOf({ inputs: [input(4)] }), code: 'MODEL_INPUT' },
  { name: 'another type', model: graphOf({ inputs: [{ ...input(WIDTH), type: 'float64' }] }), code: 'MODEL_INPUT' },
  {
    name: 'a free number of columns',
    model: graphOf({ inputs: [{ name: 'window', type: 'float32', dims: ['N', 'M'] }] }),
    code: 'MODEL_INPUT',
  },
  {
    name: 'no output of that name',
    model: graphOf({ outputs: [{ name: 'label', type: 'int64', dims: ['N'] }] }),
    code: 'MODEL_OUTPUT',
  },
  {
    name: 'whole numbers as scores',
    model: graphOf({ outputs: [{ name: 'score', type: 'int64', dims: ['N'] }] }),
    code: 'MODEL_OUTPUT',
  },
];

function input(width: number) {
  return { name: 'window', type: 'float32', dims: ['N', width] } as const;
}

function withOpset(domain: string, version: number, irVersion = 8): Uint8Array {
  const opset = (name: string, number: number) => new ProtobufWriter().text(1, name).varint(2, number);
  return new ProtobufWriter()
    .varint(1, irVersion)
    .message(7, new ProtobufWriter())
    .message(8, opset('', domain === '' ? version : 17))
    .message(8, opset(domain === '' ? 'ai.onnx.ml' : domain, version))
    .finish();
}

describe('a model from outside', () => {
  it('is taken as it was exported, and described', () => {
    const { problems, facts } = checkModel(good.model, good.manifest);
    expect(problems).toEqual([]);
    expect(facts).toMatchObject({
      bytes: good.model.length,
      opsets: { 'ai.onnx': 17, 'ai.onnx.ml': 3 },
      operators: expect.arrayContaining(['Exp', 'TreeEnsembleRegressor']),
    });
  });

  it.each(hostile)('is refused with $name: $code', ({ model, code }) => {
    expect(codesOf(model)).toContain(code);
    for (const { message, hint } of checkModel(model, manifestFor(model)).problems) {
      expect(message.length).toBeGreaterThan(5);
      expect(message.length).toBeLessThan(600);
      expect(hint.length).toBeGreaterThan(5);
    }
  });

  it.each([
    { name: 'an operator set of somebody else', model: withOpset('com.example', 1), says: /com.example is not known/ },
    { name: 'a name of Object.prototype', model: withOpset('constructor', 1), says: /constructor is not known/ },
    { name: 'an opset of the future', model: withOpset('', 99), says: /version 99/ },
    { name: 'an opset of the past', model: withOpset('', 5), says: /version 5/ },
    { name: 'an IR version of the future', model: withOpset('ai.onnx.ml', 3, 90), says: /IR version 90/ },
    { name: 'one that the manifest does not name', model: withOpset('ai.onnx.ml', 3), says: /does not name/ },
  ])('is refused with $name', ({ model, says }) => {
    const { problems } = checkModel(model, manifestFor(model, { domains: ['ai.onnx'] }));
    expect(
      problems
        .filter(({ code }) => code === 'MODEL_OPSET')
        .map(({ message }) => message)
        .join(),
    ).toMatch(says);
  });

  it('is refused when the manifest is about something else', () => {
    expect(codesOf(good.model, { sha256: good.manifest.sha256, opset: 18 })).toEqual(['MODEL_OPSET']);
    const { modelBytes: _left, ...budget } = good.manifest.budget;
    expect(codesOf(good.model, { budget: { ...budget, modelBytes: 10 } })).toEqual(['MODEL_TOO_LARGE']);
    expect(codesOf(good.model, { golden: [{ input: [1, 2], score: 1 }] })).toEqual(['MANIFEST_INVALID']);
    const other = { ...good.manifest.sha256, model: 'f'.repeat(64) };
    expect(codesOf(good.model, { sha256: other })).toEqual(['MODEL_HASH']);
    expect(codesOf(good.model.subarray(0, 100), { sha256: other })).toEqual(['MODEL_HASH', 'MODEL_MALFORMED']);
  });

  it('is answered with problems, whatever its bytes are', () => {
    const change = fc.tuple(fc.nat(good.model.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), fc.nat(good.model.length), (changes, length) => {
        const model = Uint8Array.from(good.model);
        for (const [at, byte] of changes) model[at] = byte;
        const cut = length % 3 === 0 ? model.subarray(0, length) : model;
        const { problems } = checkModel(cut, good.manifest);
        expect(
          problems.length > 0 || createHash('sha256').update(cut).digest('hex') === good.manifest.sha256.model,
        ).toBe(true);
      }),
      { numRuns: 300, seed: 2 },
    );
  });
});
