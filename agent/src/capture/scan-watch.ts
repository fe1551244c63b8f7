/** So many ports of this host that did not answer one address within the window are a scan. */
const PORTS_NEEDED = 25;
const WINDOW_SECONDS = 60;
const SOURCES_LIMIT = 64;
const PORTS_LIMIT = 256;
/** A scan that goes on is told again after this. */
const TOLD_EVERY_SECONDS = 600;

export interface PortScan {
  readonly address: string;
  /** Distinct ports, up to a bound. */
  readonly ports: number;
  readonly atSeconds: number;
}

interface Source {
  startedAt: number;
  toldAt: number;
  readonly ports: Set<number>;
}

/** Finds addresses that knock at many ports which refuse or do not answer. */
export class ScanWatch {
  readonly #sources = new Map<string, Source>();
  #found: PortScan[] = [];

  asked(address: string, port: number, atSeconds: number): void {
    const source = this.#sourceOf(address, atSeconds);
    if (atSeconds - source.startedAt > WINDOW_SECONDS) {
      source.startedAt = atSeconds;
      source.ports.clear();
    }
    if (source.ports.size < PORTS_LIMIT) source.ports.add(port);
    // A multiple, so that answers on their way may still take ports off.
    if (source.ports.size < PORTS_NEEDED || atSeconds - source.toldAt < TOLD_EVERY_SECONDS) return;
    source.toldAt = atSeconds;
    this.#found.push({ address, ports: source.ports.size, atSeconds });
  }

  /** A port that takes connections is no knock at a closed door. */
  answered(address: string, port: number): void {
    this.#sources.get(address)?.ports.delete(port);
  }

  take(): PortScan[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #sourceOf(address: string, atSeconds: number): Source {
    const known = this.#sources.get(address);
    if (known !== undefined) return known;
    if (this.#sources.size >= SOURCES_LIMIT) this.#sources.delete(this.#sources.keys().next().value!);
    const made: Source = { startedAt: atSeconds, toldAt: Number.NEGATIVE_INFINITY, ports: new Set() };
    this.#sources.set(address, made);
    return made;
  }
}
