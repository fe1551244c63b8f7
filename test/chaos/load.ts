import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HubUnderTest, startHub } from '../harness/hub-under-test.ts';
import { until } from '../harness/until.ts';
import { Carrier } from './carrier.ts';
import type { Fault, Outcome } from './fault.ts';
import { Journal } from './journal.ts';
import { tally } from './tally.ts';

const CARRIERS = 2;
const LABELS_PER_SECOND = 40;

/** A hub and its carriers under steady load, with a journal of what was promised. */
export class Load implements AsyncDisposable {
  readonly hub: HubUnderTest;
  readonly carriers: Carrier[];
  readonly #journal: Journal;
  readonly #isMounted: boolean;
  #harmDoneAt = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(hub: HubUnderTest, carriers: Carrier[], journal: Journal, isMounted: boolean) {
    this.hub = hub;
    this.#isMounted = isMounted;
    this.carriers = carriers;
    this.#journal = journal;
  }

  static async start(folder: string, fault: Fault): Promise<Load> {
    const dataDir = await made(folder, 'data');
    const diskBytes = fault.setup?.hubDiskBytes;
    if (diskBytes !== undefined) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', dataDir]);
    const hub = await startHub(folder, fault.setup?.hubEnv);
    const journal = new Journal(join(folder, 'sent.journal'));
    const carriers = await Promise.all(
      Array.from({ length: CARRIERS }, async (_, index) => {
        const carrier = new Carrier({
          index,
          hub,
          spoolFolder: await made(folder, `carrier-${index}`),
          spoolLimitBytes: fault.setup?.spoolLimitBytes,
          spoolDiskBytes: fault.setup?.spoolDiskBytes,
          onSpooled: (label) => journal.add(index, label),
        });
        await carrier.enrol();
        await carrier.start();
        return carrier;
      }),
    );
    return new Load(hub, carriers, journal, diskBytes !== undefined);
  }

  /** Adds a copy of a carrier, with its identity; not started yet. */
  addCopyOf(original: Carrier): Carrier {
    const index = this.carriers.length;
    const copy = new Carrier({
      index,
      hub: this.hub,
      spoolFolder: `${original.spoolFolder}-copy`,
      onSpooled: (label) => this.#journal.add(index, label),
      identityOf: original,
    });
    this.carriers.push(copy);
    return copy;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      for (const carrier of this.carriers) carrier.emit();
    }, 1000 / LABELS_PER_SECOND);
  }

  /** Lets the load run for a while. */
  async run(durationMs: number): Promise<void> {
    await new Promise((done) => setTimeout(done, durationMs));
  }

  /** Recovery counts from here: the harm is done, and mending it is the product's affair. */
  harmDone(): void {
    this.#harmDoneAt = performance.now();
  }

  /** Seconds from the harm until something that every carrier spools after it has been receipted. */
  async recovery(): Promise<number> {
    const marks = this.carriers.map((carrier) => carrier.lastLabel + 1);
    await until('new data to be receipted again', 60_000, () =>
      this.carriers.every((carrier, index) => carrier.receiptedLabel >= marks[index]!),
    );
    return (performance.now() - this.#harmDoneAt) / 1000;
  }

  /** Ends the load, waits until all spools are empty, stops everything, and counts what the store holds. */
  async settle(recoverySeconds: number): Promise<Outcome> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await until('every spool to be empty', 90_000, () => this.carriers.every((carrier) => carrier.heldBatches === 0));
    const evicted = this.carriers.reduce((sum, carrier) => sum + carrier.evictedRows, 0);
    for (const carrier of this.carriers) await carrier.stop();
    await this.hub.stop();
    return { ...(await tally(this.hub.dataDir, this.#journal.read(), evicted)), evicted, recoverySeconds };
  }

  async hubLog(): Promise<string> {
    return await readFile(this.hub.logFile, 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const carrier of this.carriers) await carrier.stop();
    await this.hub.stop();
    if (this.#isMounted) execFileSync('umount', [this.hub.dataDir]);
    this.#journal[Symbol.dispose]();
  }
}

async function made(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
