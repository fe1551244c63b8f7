import type { InferenceSession } from 'onnxruntime-node';
import { ModelsError } from '../errors.ts';

export type OnnxRuntime = typeof import('onnxruntime-node');

/**
 * ONNX Runtime, loaded on first use. Refuses to load while its telemetry is on: 1.30 on Linux otherwise looks up a collector
 * of its maker and writes a device id under the home folder.
 */
export async function loadOnnxRuntime(environment: NodeJS.ProcessEnv = process.env): Promise<OnnxRuntime> {
  if (environment.ORT_DISABLE_TELEMETRY !== '1') {
    throw new ModelsError(
      'TELEMETRY_NOT_OFF',
      'ORT_DISABLE_TELEMETRY is not 1',
      'set ORT_DISABLE_TELEMETRY=1 in the environment before the process starts',
    );
  }
  return import('onnxruntime-node');
}

/** One thread, no spinning: a second thread only pays for models far larger than these, and spinning costs a core (measured). */
export const sessionOptions: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
};
