/** Steps between which a crash must neither lose nor repeat a row. */
export const faultSteps = ['before-plan', 'after-plan', 'after-insert', 'after-finish', 'after-ack'] as const;
export type FaultStep = (typeof faultSteps)[number];

/** Called at each step; tests and the chaos bench end the process there. */
export type FaultHook = (step: FaultStep) => void | Promise<void>;
export const noFault: FaultHook = () => undefined;
