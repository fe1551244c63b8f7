import { type Bilingual, type Evidence, formatSeriesId } from '@airis/protocol';
import { type HostWindow, HostWindows } from '../features/host-window.ts';
import type { SeriesInfo } from './detector.ts';
import type { ModelPort } from './edge.ts';
import type { Claim } from './finding-book.ts';
import { ScoreTail } from './score-tail.ts';

/** As rare as once in 10 000 windows on this host: a day has 8640. */
const RARE = 1e-4;
/** 40 of the last 50 s. */
const WINDOWS = 5;
const NEEDED = 4;
const MAX_WAITING = 8;

interface Judged {
  readonly tMs: number;
  readonly score: number;
  readonly probability: number;
  readonly notable: HostWindow['notable'];
}

/**
 * The neural model's part of detection: windows of the whole host go to the model, its scores are judged against this
 * host's own past. A finding needs scores that are rare here, beyond what the model saw in training, lasting, and at least
 * one channel that moved by an amount a person would care about.
 */
export class MultivariateWatch {
  readonly #model: ModelPort;
  readonly #entity: string;
  readonly #windows = new HostWindows();
  readonly #tail = new ScoreTail();
  /** Windows whose scores have not come back yet; the oldest is forgotten beyond 8. */
  #waiting: { readonly tMs: number; readonly notable: HostWindow['notable'] }[] = [];
  #judged: Judged[] = [];

  constructor(model: ModelPort, entity: string) {
    this.#model = model;
    this.#entity = entity;
  }

  addSeries(index: number, info: SeriesInfo): void {
    this.#windows.addSeries(index, info);
  }

  observe(tMs: number, values: Float64Array, length: number): Claim | null {
    const window = this.#windows.observe(tMs, values, length);
    if (window !== null) {
      this.#waiting.push({ tMs, notable: window.notable });
      if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
      this.#model.submit(window.values, tMs);
    }
    for (const { tMs: windowMs, score } of this.#model.takeScores()) this.#judge(windowMs, score);
    return this.#claim(tMs);
  }

  /** 0..1. */
  strangeness(): number {
    const last = this.#judged.at(-1);
    if (last === undefined) return 0;
    return Math.min(1, Math.max(0, Math.log10(last.probability) / Math.log10(RARE)));
  }

  #judge(tMs: number, score: number): void {
    const at = this.#waiting.findIndex((one) => one.tMs === tMs);
    if (at < 0) return;
    const { notable } = this.#waiting[at]!;
    this.#waiting = this.#waiting.slice(at + 1);
    const probability = this.#tail.probability(score) ?? 1;
    this.#judged.push({ tMs, score, probability, notable });
    if (this.#judged.length > WINDOWS) this.#judged.shift();
    // A host must not learn its own anomaly as its past while it lasts.
    if (probability > RARE || score < this.#model.manifest.threshold) this.#tail.add(score);
  }

  #claim(tMs: number): Claim | null {
    const { threshold, name, version } = this.#model.manifest;
    const rare = this.#judged.filter((one) => one.probability <= RARE && one.score > threshold);
    const last = rare.at(-1);
    if (rare.length < NEEDED || last === undefined) return null;
    const notable = last.notable;
    if (notable.length === 0 || rare.some((one) => one.notable.length === 0)) return null;
    const words = notable.slice(0, 3).map(({ channel }) => channelWords[channel] ?? { ko: channel, en: channel });
    return {
      kind: 'multivariate',
      severity: 'minor',
      confidence: Math.min(0.9999, 1 - last.probability),
      score: last.score,
      sinceMs: rare[0]!.tMs - 10_000,
      value: last.score,
      entity: this.#entity,
      nature: 'pressure',
      trouble: 'multivariate',
      peer: null,
      detector: { name, version },
      title: { ko: '지표 조합 이상', en: 'Unusual combination of metrics' },
      summary: {
        ko: `여러 지표가 함께 평소와 다르게 움직이고 있습니다. 가장 크게 벗어난 지표: ${words.map((one) => one.ko).join(', ')}.`,
        en: `Several metrics together behave unlike before. Farthest from usual: ${words.map((one) => one.en).join(', ')}.`,
      },
      evidence: [
        { kind: 'model', ref: `model:${name}@${version}`, value: last.score, expectedHigh: threshold },
        ...notable
          .slice(0, 5)
          .flatMap(({ series }) => series.slice(0, 3).map((info) => evidenceOf(info, rare[0]!.tMs, tMs))),
      ],
      recovery: () => ({ ko: '지표들이 평소의 조합으로 돌아왔습니다.', en: 'The metrics move together as before.' }),
    };
  }
}

function evidenceOf(info: SeriesInfo, fromMs: number, toMs: number): Evidence {
  return {
    kind: 'series',
    ref: formatSeriesId(info.id),
    metric: info.metric,
    attributes: { ...info.attributes },
    unit: info.unit,
    fromUnixMs: Math.round(fromMs),
    toUnixMs: Math.round(toMs),
  };
}

const channelWords: Readonly<Record<string, Bilingual>> = {
  'cpu.busy': { ko: 'CPU 사용률', en: 'CPU utilization' },
  'cpu.system': { ko: '커널 CPU', en: 'kernel CPU' },
  'cpu.iowait': { ko: 'I/O 대기', en: 'I/O wait' },
  'memory.used': { ko: '메모리 사용률', en: 'memory utilization' },
  'disk.busy': { ko: '디스크 부하', en: 'disk load' },
  'stall.cpu': { ko: 'CPU 대기 압력', en: 'CPU pressure' },
  'stall.io': { ko: 'I/O 대기 압력', en: 'I/O pressure' },
  'disk.read': { ko: '디스크 읽기', en: 'disk reads' },
  'disk.write': { ko: '디스크 쓰기', en: 'disk writes' },
  'network.receive': { ko: '네트워크 수신', en: 'network received' },
  'network.transmit': { ko: '네트워크 송신', en: 'network sent' },
  'context.switches': { ko: '문맥 전환', en: 'context switches' },
};
