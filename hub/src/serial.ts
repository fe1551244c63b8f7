/** Runs jobs one after the other, in the order of their calls; one that fails does not stop the next. */
export function createSerial(): <T>(job: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (job) => {
    const result = tail.then(job);
    // The caller gets the failure through `result`; the chain only needs the end.
    tail = result.catch(() => undefined);
    return result;
  };
}
