import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHostBehaviour } from '../../zoo/host-behaviour.ts';
import { createEdgeDetection, type ModelPort } from '../detect/edge.ts';
import { type HostWindow, HostWindows, hostWindowColumns } from '../features/host-window.ts';
import { readModelFolder } from './model-folder.ts';
import { createModelPort } from './model-port.ts';
import { openModelSession } from './model-session.ts';
import { loadOnnxRuntime } from './onnx-runtime.ts';

const folder = join(import.meta.dirname, '../../zoo/host-autoencoder');
const shipped = await readModelFolder(folder);

describe('the model that ships', () => {
  it('has the columns that the features give, in order', () => {
    expect(shipped.manifest.input.columns).toEqual(hostWindowColumns);
    expect(shipped.manifest.training.simulated).toBe(true);
  });

  it('runs in its own thread and answers with its golden scores', async () => {
    await using port = createModelPort(shipped);
    await port.settled();
    expect(port.status().error).toBeNull();
    shipped.manifest.golden.forEach(({ input }, i) => {
      port.submit(Float32Array.from(input), i);
    });
    const scores: { tMs: number; score: number }[] = [];
    await expect
      .poll(() => scores.push(...port.takeScores()), { timeout: 15_000 })
      .toBe(shipped.manifest.golden.length);
    for (const { tMs, score } of scores) expect(score).toBeCloseTo(shipped.manifest.golden[tMs]!.score, 4);
    expect(port.status().inferenceMsP99).toBeGreaterThan(0);
  });

  it('drops windows beyond its queue instead of piling them up', async () => {
    await using port = createModelPort(shipped);
    for (let i = 0; i < 50; i++) port.submit(new Float32Array(hostWindowColumns.length), i);
    expect(port.dropped).toBe(42);
    await port.settled();
  });

  it('shows a worker that crashes, and starts another', async () => {
    await using port = createModelPort({
      ...shipped,
      workerEntry: new URL('data:text/javascript,throw new Error("boom")'),
      firstRestartMs: 5,
    });
    await expect.poll(() => port.restarts, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
    expect(port.status().error).toMatch(/boom/);
  });
});

describe('a model is refused', () => {
  it('when its bytes are not those of the manifest', async () => {
    const changed = Uint8Array.from(shipped.model);
    changed[changed.length - 100]! ^= 1;
    await expect(openModelSession(changed, shipped.manifest)).rejects.toMatchObject({ code: 'MODEL_HASH' });
    await using port = createModelPort({ ...shipped, model: changed });
    await port.settled();
    expect(port.status().error).toMatch(/hash/);
    expect(port.restarts).toBe(0);
  });

  it('when it computes something else than its golden scores', async () => {
    const golden = shipped.manifest.golden.map((one) => ({ ...one, score: one.score + 0.01 }));
    const refused = openModelSession(shipped.model, { ...shipped.manifest, golden });
    await expect(refused).rejects.toMatchObject({ code: 'GOLDEN_MISMATCH' });
  });

  it('while telemetry of the runtime is on', async () => {
    await expect(loadOnnxRuntime({})).rejects.toMatchObject({ code: 'TELEMETRY_NOT_OFF' });
  });
});

/** Scores at once, in this thread: what the detection does with scores is tested without waiting for a worker. */
async function immediatePort(): Promise<{ port: ModelPort; flush: () => Promise<void> }> {
  const session = await openModelSession(shipped.model, shipped.manifest);
  const queue: { window: Float32Array; tMs: number }[] = [];
  let scores: { tMs: number; score: number }[] = [];
  return {
    port: {
      manifest: shipped.manifest,
      submit: (window, tMs) => queue.push({ window, tMs }),
      takeScores: () => scores.splice(0),
      status: () => ({ inferenceMsP99: null, error: null }),
    },
    flush: async () => {
      for (const { window, tMs } of queue.splice(0))
        scores = [...scores, { tMs, score: (await session.score(window))[0]! }];
    },
  };
}

async function liveWithModel(seed: number, seconds: number, change: (second: number, values: Float64Array) => void) {
  const { port, flush } = await immediatePort();
  let ids = 0;
  const detection = createEdgeDetection({
    hostEntity: 'host:a',
    model: port,
    newId: () => `f-${String(ids++).padStart(8, '0')}`,
  });
  const host = createHostBehaviour(seed);
  for (const [i, info] of host.series.entries()) detection.addSeries(i, info);
  for (let second = 0; second < seconds; second++) {
    const values = host.step();
    change(second, values);
    detection.observe(1_760_000_000_000 + second * 1_000, values, values.length);
    await flush();
  }
  return detection.takeFindings();
}

describe('the model as a part of detection', () => {
  it.each(Array.from({ length: 10 }, (_, i) => 900_000 + i))(
    'adds no finding to 30 ordinary minutes (host %i)',
    async (seed) => {
      const findings = await liveWithModel(seed, 1_800, () => undefined);
      expect(findings.filter((one) => one.kind === 'multivariate')).toEqual([]);
    },
  );

  it('finds a host that suddenly sends a flood while it serves nobody', async () => {
    const findings = await liveWithModel(900_002, 1_500, (second, values) => {
      if (second < 1_200) return;
      values[10] = 4e8;
      values[9] = 100;
      values[11]! *= 30;
    });
    expect(findings[0]).toMatchObject({
      kind: 'multivariate',
      state: 'open',
      entity: 'host:a',
      detector: { name: 'host-autoencoder' },
    });
    expect(findings[0]!.evidence.map((one) => one.metric)).toContain('system.network.io');
  });

  it('gives no window before the past of the host is known, and none of NaN', () => {
    const windows = new HostWindows();
    const host = createHostBehaviour(4);
    for (const [i, info] of host.series.entries()) windows.addSeries(i, info);
    const seen: HostWindow[] = [];
    for (let second = 0; second < 200; second++) {
      const values = host.step();
      if (second % 7 === 0) values.fill(Number.NaN);
      const window = windows.observe(second * 1_000, values, values.length);
      if (window !== null) seen.push(window);
    }
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.length).toBeLessThan(15);
    for (const { values } of seen) expect(values.every(Number.isFinite)).toBe(true);
  });
});
