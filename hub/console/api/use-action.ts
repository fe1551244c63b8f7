import { useState } from 'react';
import { ApiError } from './problem.ts';

export interface Action {
  /** Why the last attempt failed, with the hub's code; `null` while there is nothing to say. */
  readonly error: string | null;
  readonly isWaiting: boolean;
  /** Does what a person asked for; what follows a success belongs into `work`. */
  act(work: () => Promise<void>): Promise<void>;
}

/** Orders to the hub from one form or button. */
export function useAction(): Action {
  const [error, setError] = useState<string | null>(null);
  const [isWaiting, setIsWaiting] = useState(false);
  const act = async (work: () => Promise<void>): Promise<void> => {
    setError(null);
    setIsWaiting(true);
    try {
      await work();
    } catch (cause) {
      setError(cause instanceof ApiError ? `${cause.message} (${cause.code})` : String(cause));
    } finally {
      setIsWaiting(false);
    }
  };
  return { error, isWaiting, act };
}
