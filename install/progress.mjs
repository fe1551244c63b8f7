/** Progress on standard error, so that `npm run -s bench` keeps standard output for its figures. */
const isTerminal = process.stderr.isTTY === true;

/** Runs one step, showing how long it takes; `work` returns the words that close the line. */
export async function step(title, work) {
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  let note = '';
  const tick = isTerminal
    ? setInterval(() => process.stderr.write(`\r\u001b[K  … ${title}: ${seconds()} ${note}`), 1000)
    : setInterval(() => process.stderr.write(`  … ${title}: ${seconds()} ${note}\n`), 15_000);
  tick.unref();
  try {
    const closing = await work((text) => {
      note = text;
    });
    if (isTerminal) process.stderr.write('\r\u001b[K');
    if (closing !== null) process.stderr.write(`  ✓ ${title}: ${closing} (${seconds()})\n`);
  } catch (error) {
    if (isTerminal) process.stderr.write('\r\u001b[K');
    process.stderr.write(`  ✗ ${title} (${seconds()})\n`);
    throw error;
  } finally {
    clearInterval(tick);
  }
}

/** What stops an installation: what happened, why, what to do. */
export class InstallError extends Error {
  /** @param {string} code stable, for scripts @param {string} message what and why @param {string} hint what to do */
  constructor(code, message, hint) {
    super(message);
    this.name = 'InstallError';
    this.code = code;
    this.hint = hint;
  }
}
