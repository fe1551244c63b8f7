import { describe, expect, it } from 'vitest';
import { denseShapes, initialParameters } from '../graph/layers.ts';
import { exportAutoencoder } from './autoencoder.ts';
import { parseManifest } from './manifest.ts';

const shapes = denseShapes([3, 2, 3]);
const trained = {
  parameters: initialParameters(shapes, 1),
  trainLoss: 0.1,
  validationLoss: 0.2,
  epochs: 3,
  cancelled: false,
};

function exported() {
  return exportAutoencoder(shapes, trained, {
    name: 'small',
    columns: ['a', 'b', 'c'].map((name) => ({ name, unit: '1' })),
    window: { spanMs: 60_000, everyMs: 10_000 },
    normalization: 'none',
    threshold: 1,
    licence: 'test',
    trainingDataSha256: '0'.repeat(64),
    goldenRows: [Float32Array.of(1, 2, 3)],
    training: { data: 'numbers', simulated: true, command: 'none', seed: 1, windows: 4 },
  });
}

describe('an exported model', () => {
  it('is the same bytes every time, and its version names them', () => {
    const [once, again] = [exported(), exported()];
    expect(again).toEqual(once);
    expect(once.manifest.version).toContain(once.manifest.sha256.model.slice(0, 8));
  });

  it('has a manifest that reads back as it was written', () => {
    const { manifest } = exported();
    expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
  });

  it.each([
    { name: 'an unknown key', change: { extra: 1 }, says: /extra/ },
    { name: 'no golden vectors', change: { golden: [] }, says: /golden/ },
    { name: 'a hash that is none', change: { sha256: { model: 'x', trainingData: '0'.repeat(64) } }, says: /sha256/ },
  ])('is refused with $name', ({ change, says }) => {
    const text = JSON.stringify({ ...exported().manifest, ...change });
    expect(() => parseManifest(text)).toThrow(says);
  });

  it('is refused when the manifest is no JSON', () => {
    expect(() => parseManifest('{')).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });
});
