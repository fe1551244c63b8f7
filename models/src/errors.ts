export type ModelsErrorCode =
  | 'GRAPH_SHAPE'
  | 'TRAINING_DIVERGED'
  | 'FIT_DATA'
  | 'MANIFEST_INVALID'
  | 'MODEL_REFUSED'
  | 'GOLDEN_MISMATCH'
  | 'TELEMETRY_NOT_OFF'
  | 'FORECAST_TOO_SHORT'
  | 'FORECAST_HORIZON'
  | 'WORKER_FAILED'
  | 'QUEUE_FULL';

/** A failure of the world or of a model file, with a code that stays and a hint of what to do. */
export class ModelsError extends Error {
  readonly code: ModelsErrorCode;
  readonly hint: string;

  constructor(code: ModelsErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelsError';
    this.code = code;
    this.hint = hint;
  }
}
