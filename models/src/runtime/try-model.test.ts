import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkModel } from '../check/check-model.ts';
import { type ModelManifest, modelManifest } from '../export/manifest.ts';
import { multiply, sum } from '../graph/operations.ts';
import { type Tensor, TensorGraph } from '../graph/tensor-graph.ts';
import { readModelFolder } from './model-folder.ts';
import { tryModel } from './try-model.ts';

const zoo = join(import.meta.dirname, '../../zoo/bring-your-own');
const shipped = await readModelFolder(join(zoo, 'pytorch-autoencoder'));

/** A model that passes every check of its file, whatever it does when it runs. */
function modelOf(build: (graph: TensorGraph, x: Tensor) => Tensor): { model: Uint8Array; manifest: ModelManifest } {
  const graph = new TensorGraph();
  const score = build(graph, graph.input('window', [1, 4], ['N', 4]));
  const model = graph.encode('hostile', [{ name: 'score', tensor: score, dims: ['N'] }]);
  const sha256 = { ...shipped.manifest.sha256, model: createHash('sha256').update(model).digest('hex') };
  const golden = [{ input: [1, 2, 3, 4], score: 10 }];
  const manifest = modelManifest.parse({ ...shipped.manifest, sha256, golden });
  expect(checkModel(model, manifest).problems).toEqual([]);
  return { model, manifest };
}

/** Gigabytes out of a file of a few hundred bytes. */
const flood = modelOf((graph, x) => {
  const total = sum(graph, x, [1]);
  const [wide] = graph.node('Expand', [total, graph.integers([40_000, 40_000])], [[40_000, 40_000]]);
  return graph.node('ReduceMax', [multiply(graph, wide!, wide!)], [[1]])[0]!;
});

/** Products of matrices for minutes. */
const slow = modelOf((graph, x) => {
  const total = sum(graph, x, [1]);
  let value = graph.node('Expand', [total, graph.integers([3_000, 3_000])], [[3_000, 3_000]])[0]!;
  for (let i = 0; i < 40; i++) value = graph.node('MatMul', [value, value], [[3_000, 3_000]])[0]!;
  return graph.node('ReduceMax', [value], [[1]])[0]!;
});

describe('a model on trial', () => {
  it.each(['scikit-learn-forest', 'xgboost-residual', 'pytorch-autoencoder'])(
    'is taken when it gives its golden scores: %s',
    async (name) => {
      const { model, manifest } = await readModelFolder(join(zoo, name));
      expect(model.length).toBeLessThan(50 * 1024);
      expect(checkModel(model, manifest).problems).toEqual([]);
      expect(await tryModel(model, manifest)).toMatchObject({ ok: true, problems: [] });
    },
  );

  it('is refused when it gives others', async () => {
    const other = modelOf((graph, x) => multiply(graph, sum(graph, x, [1]), graph.constant(2)));
    expect(await tryModel(other.model, other.manifest)).toMatchObject({
      ok: false,
      problems: [{ code: 'GOLDEN_MISMATCH' }],
    });
  });

  it('is refused when the runtime does not load it', async () => {
    const torn = modelOf((graph, x) => graph.node('MatMul', [x, graph.constant(1, [7, 7])], [[1]])[0]!);
    expect(await tryModel(torn.model, torn.manifest)).toMatchObject({
      ok: false,
      problems: [{ code: 'MODEL_REFUSED' }],
    });
  });

  it('is refused when it gives more or fewer scores than windows', async () => {
    const two = modelOf((graph, x) => x);
    expect(await tryModel(two.model, two.manifest)).toMatchObject({ ok: false, problems: [{ code: 'MODEL_REFUSED' }] });
  });

  it('is ended when it floods the memory', async () => {
    const result = await tryModel(flood.model, flood.manifest, { wallMs: 30_000, memoryMiB: 400 });
    expect(result.problems[0]?.code).toBe('MODEL_MEMORY');
  });

  it('is ended when it takes too long', async () => {
    const result = await tryModel(slow.model, slow.manifest, { wallMs: 1_500, memoryMiB: 512 });
    expect(result.problems[0]?.code).toBe('MODEL_TIMEOUT');
  });

  it('is told to be slow when a window takes longer than its budget', async () => {
    const budget = { ...shipped.manifest.budget, inferenceMsP99: 1e-6 };
    const result = await tryModel(shipped.model, { ...shipped.manifest, budget });
    expect(result).toMatchObject({ ok: true, problems: [{ code: 'MODEL_SLOW' }] });
  });
});
