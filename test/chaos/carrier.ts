import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { enrolAgent } from '../harness/agent-under-test.ts';
import type { HubUnderTest } from '../harness/hub-under-test.ts';
import { until } from '../harness/until.ts';

/** Rows of each labelled batch; every row carries the label, so that a torn batch would show. */
export const ROWS_PER_LABEL = 20;

export interface CarrierReport {
  /** Labels that the spool holds durably since the last report. */
  readonly spooled: readonly number[];
  /** Highest label whose batch the hub has receipted. */
  readonly receiptedLabel: number;
  readonly heldBatches: number;
  readonly evictedRows: number;
}

export interface CarrierOptions {
  readonly index: number;
  readonly hub: HubUnderTest;
  readonly spoolFolder: string;
  readonly spoolLimitBytes?: number | undefined;
  /** Puts the spool on a disk of its own of this size (a tmpfs that only the carrier sees). */
  readonly spoolDiskBytes?: number | undefined;
  readonly onSpooled: (label: number) => void;
  /** A copy of that carrier: it runs under the same identity. */
  readonly identityOf?: Carrier;
}

/**
 * An agent's spool and link in a process of their own, without collectors: what it carries comes from the generator.
 */
export class Carrier {
  readonly id: string;
  readonly folder: string;
  readonly spoolFolder: string;
  /** Times it ended by itself. */
  exits = 0;
  lastLabel = 0;
  receiptedLabel = 0;
  heldBatches = 0;
  evictedRows = 0;
  readonly #index: number;
  readonly #hub: HubUnderTest;
  readonly #limitBytes: number;
  readonly #diskBytes: number | null;
  readonly #onSpooled: (label: number) => void;
  #process: ChildProcess | null = null;
  #isResting = false;

  constructor(options: CarrierOptions) {
    this.#index = options.index;
    this.#hub = options.hub;
    this.id = options.identityOf?.id ?? `carrier-${options.index}`;
    this.folder = options.identityOf?.folder ?? join(options.hub.folder, `agent-${this.id}`);
    this.spoolFolder = options.spoolFolder;
    this.#limitBytes = options.spoolLimitBytes ?? 256 * 1024 * 1024;
    this.#diskBytes = options.spoolDiskBytes ?? null;
    this.#onSpooled = options.onSpooled;
  }

  async enrol(): Promise<void> {
    await enrolAgent(this.#hub, this.id, this.folder);
  }

  async start(): Promise<void> {
    const file = resolve(import.meta.dirname, 'carrier-process.ts');
    const words = [String(this.#index), this.folder, this.spoolFolder, String(this.#limitBytes)];
    const command = [process.execPath, '--conditions=airis-source', file, ...words];
    const [program = '', ...args] =
      this.#diskBytes === null ? command : onSmallDisk(this.spoolFolder, this.#diskBytes, command);
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.on('close', () => {
      if (this.#process === child) this.exits += 1;
    });
    this.#process = child;
    this.#isResting = false;
    child.on('message', (message) => this.#take(message as CarrierReport)); // the only sender is carrier-process.ts
    await new Promise((done) => child.once('message', done));
  }

  /** Hands one label over; whether it was spooled is told later, or never when the carrier dies. */
  emit(): void {
    if (this.#process?.connected !== true || this.#isResting) return;
    this.lastLabel += 1;
    this.#process.send(this.lastLabel, () => undefined);
  }

  /** Takes no labels until the next start, and waits until the hub holds all that was taken. */
  async rest(): Promise<void> {
    this.#isResting = true;
    await until('the hub to hold everything', 60_000, () => this.receiptedLabel === this.lastLabel);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    child.kill(signal);
    await ended;
  }

  #take(report: CarrierReport): void {
    for (const label of report.spooled) this.#onSpooled(label);
    this.receiptedLabel = Math.max(this.receiptedLabel, report.receiptedLabel);
    this.heldBatches = report.heldBatches;
    this.evictedRows = report.evictedRows;
  }
}

/** Runs a command with a small disk of its own mounted at `folder`, without being root. */
function onSmallDisk(folder: string, bytes: number, command: readonly string[]): string[] {
  const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"';
  return [
    'unshare',
    '--user',
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    String(bytes),
    folder,
    ...command,
  ];
}
