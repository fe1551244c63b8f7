import type { ModelProblem } from '../check/check-model.ts';
import type { ModelManifest } from '../export/manifest.ts';

/** To the process in which a model is tried. */
export interface TrialRequest {
  readonly model: Uint8Array;
  readonly manifest: ModelManifest;
}

/** From it: what it costs to run, or why it was refused. */
export type TrialReply =
  | { readonly kind: 'ran'; readonly loadMs: number; readonly inferenceMs: readonly number[] }
  | { readonly kind: 'refused'; readonly problem: ModelProblem };
