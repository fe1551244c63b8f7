/** Polls until `probe` gives something; an error names what never came and the last failure on the way. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  everyMs = 100,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let lastFailure: unknown = null;
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value;
      lastFailure = null;
    } catch (error) {
      lastFailure = error;
    }
    await new Promise((done) => setTimeout(done, everyMs));
  }
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: lastFailure });
}
