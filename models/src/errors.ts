export type ModelsErrorCode =
  | 'GRAPH_SHAPE'
  | 'TRAINING_DIVERGED'
  | 'FIT_DATA'
  | 'MANIFEST_INVALID'
  | 'MODEL_REFUSED'
  | 'MODEL_TOO_LARGE'
  | 'MODEL_MALFORMED'
  | 'MODEL_UNSUPPORTED'
  | 'MODEL_EXTERNAL_DATA'
  | 'MODEL_WEIGHTS'
  | 'MODEL_OPSET'
  | 'MODEL_OPERATOR'
  | 'MODEL_INPUT'
  | 'MODEL_OUTPUT'
  | 'MODEL_HASH'
  | 'MODEL_CRASHED'
  | 'MODEL_TIMEOUT'
  | 'MODEL_MEMORY'
  | 'MODEL_SLOW'
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
