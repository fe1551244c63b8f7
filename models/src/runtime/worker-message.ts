import type { ModelManifest } from '../export/manifest.ts';

/** To the worker. Windows are transferred, not copied. */
export type WorkerRequest = { readonly kind: 'score'; readonly id: number; readonly window: Float32Array };

/** What the worker starts with. */
export interface WorkerStart {
  readonly model: Uint8Array;
  readonly manifest: ModelManifest;
}

/** From the worker. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'score'; readonly id: number; readonly score: number; readonly inferenceMs: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
