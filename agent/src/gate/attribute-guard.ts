import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { type Attributes, semconv } from '@airis/protocol';
import type { MetricInfo, SampleWriter } from '../collectors/collector.ts';
import type { Refusals } from '../refusals.ts';
import { maskText } from './mask-text.ts';

/** Values one attribute of one metric may have; further ones share `other`. */
export const VALUES_PER_ATTRIBUTE = 256;
export const OTHER_VALUE = 'other';
const MAX_ABOUT_LENGTH = 300;
/** Attribute sets remembered by content; the usual writer comes with a set already seen. */
const REMEMBERED_SETS = 50_000;
/** Attributes (of one metric each) whose values are told apart; all values of further ones are `other`. */
const MAX_ATTRIBUTES = 10_000;
/** Names of metrics whose judgement is remembered: collectors declare again with every reading. */
const REMEMBERED_NAMES = 5_000;

export interface GuardedWriter extends SampleWriter {
  declare(metric: string, info: MetricInfo): boolean;
  /** Begins a reading: forgets what one that failed had gathered. */
  begin(): void;
  /** Ends a reading: writes what was gathered under `other`. */
  end(): void;
}

/**
 * The way of metric attributes through the gate: values that look personal or secret become keyed pseudonyms (the same
 * value the same pseudonym, so that series stay apart), and an attribute that takes ever new values is cut off at
 * VALUES_PER_ATTRIBUTE. Values behind the cut are added up for counters; of gauges the highest is kept.
 */
export class AttributeGuard {
  readonly #key: Uint8Array;
  readonly #refusals: Refusals;
  readonly #valuesByAttribute = new Map<string, Set<string>>();
  /** By identity of the set: collectors hand the same object over every second. */
  readonly #byIdentity = new Map<string, WeakMap<Attributes, Attributes>>();
  readonly #personalNames = new Map<string, boolean>();
  #remembered = 0;

  /** @param key - secret of this host, at least 16 bytes: without it pseudonyms cannot be computed from guesses */
  constructor(key: Uint8Array, refusals: Refusals) {
    this.#key = key;
    this.#refusals = refusals;
  }

  admit(metric: string, attributes: Attributes): Attributes {
    return this.#admit(metric, attributes).admitted;
  }

  /** A writer for one collector that lets only guarded attributes through. */
  writer(emits: Readonly<Record<string, MetricInfo>>, out: SampleWriter): GuardedWriter {
    const gathered = new Map<string, { metric: string; attributes: Attributes; value: number }>();
    const declaredCounters = new Set<string>();
    const isCounter = (metric: string) => emits[metric]?.kind === 'counter' || declaredCounters.has(metric);
    return {
      declare: (metric, info) => {
        // What programs call their metrics leaves the host as it is, so nothing personal may stand in it.
        if (this.#isPersonalName(metric) || this.#isPersonalName(info.unit)) {
          this.#refusals.count('metric-name-personal');
          return false;
        }
        const mayWrite = out.declare?.(metric, { ...info, about: aboutOf(info.about) }) ?? false;
        if (mayWrite && info.kind === 'counter') declaredCounters.add(metric);
        return mayWrite;
      },
      write: (metric, value, attributes) => {
        if (attributes === undefined) return out.write(metric, value);
        const { admitted, isCut } = this.#admit(metric, attributes);
        if (!isCut) return out.write(metric, value, admitted);
        const key = `${metric}\0${JSON.stringify(admitted)}`;
        const before = gathered.get(key);
        const sum = isCounter(metric) ? (before?.value ?? 0) + value : Math.max(before?.value ?? value, value);
        gathered.set(key, { metric, attributes: admitted, value: sum });
      },
      begin: () => gathered.clear(),
      end: () => {
        for (const { metric, attributes, value } of gathered.values()) out.write(metric, value, attributes);
        gathered.clear();
      },
    };
  }

  #admit(metric: string, attributes: Attributes): { readonly admitted: Attributes; readonly isCut: boolean } {
    const known = this.#byIdentity.get(metric)?.get(attributes);
    if (known !== undefined) return { admitted: known, isCut: false };
    let isCut = false;
    const admitted: Record<string, string> = {};
    for (const [key, value] of Object.entries(attributes)) {
      const safe = isServerAddress(key, value) || isContainerId(key, value) ? value : this.#safeValue(value);
      const kept = this.#isWithin(`${metric}\0${key}`, safe) ? safe : OTHER_VALUE;
      isCut ||= kept !== safe;
      admitted[this.#safeValue(key)] = kept;
    }
    if (isCut) this.#refusals.count('label-explosion');
    else this.#remember(metric, attributes, admitted);
    return { admitted, isCut };
  }

  #isPersonalName(name: string): boolean {
    const known = this.#personalNames.get(name);
    if (known !== undefined) return known;
    const isPersonal = looksPersonal(name);
    if (this.#personalNames.size < REMEMBERED_NAMES) this.#personalNames.set(name, isPersonal);
    return isPersonal;
  }

  #safeValue(value: string): string {
    if (!looksPersonal(value)) return value;
    return `masked:${createHmac('sha256', this.#key).update(value).digest('hex').slice(0, 16)}`;
  }

  #isWithin(attribute: string, value: string): boolean {
    if (value === OTHER_VALUE) return true;
    const known = this.#valuesByAttribute.get(attribute);
    if (known === undefined && this.#valuesByAttribute.size >= MAX_ATTRIBUTES) return false;
    const values = known ?? new Set();
    if (known === undefined) this.#valuesByAttribute.set(attribute, values);
    if (values.has(value)) return true;
    if (values.size >= VALUES_PER_ATTRIBUTE) return false;
    values.add(value);
    return true;
  }

  #remember(metric: string, from: Attributes, to: Attributes): void {
    if (this.#remembered >= REMEMBERED_SETS) {
      this.#byIdentity.clear();
      this.#remembered = 0;
    }
    const sets = this.#byIdentity.get(metric) ?? new WeakMap<Attributes, Attributes>();
    this.#byIdentity.set(metric, sets);
    sets.set(from, to);
    this.#remembered++;
  }
}

/** Where a called service listens is no person's address, and the hub can join callers and called only by it. */
const isServerAddress = (key: string, value: string) => key === semconv.attribute.serverAddress && isIP(value) !== 0;

/** Random hex digits that a runtime gave: some look like a phone number, none is one. */
const isContainerId = (key: string, value: string) => key === 'container.id' && /^[0-9a-f]{12}$/.test(value);

/** What a program says of its metric: masked, without control characters, as long as the hub takes it. */
const aboutOf = (text: string): string =>
  maskText(text.slice(0, MAX_ABOUT_LENGTH).replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')).slice(0, MAX_ABOUT_LENGTH);

/** Numbers up to five digits (ports, years, sizes) and plain words are no secrets; what masking finds beyond is. */
function looksPersonal(value: string): boolean {
  const withoutShortNumbers = value.replace(/(?<!\d)\d{1,5}(?!\d)/g, '0');
  const masked = maskText(withoutShortNumbers);
  if (masked !== withoutShortNumbers) return true;
  // Groups of digits that only together say something: a phone number, a card.
  return /\d(?:[-\s.()]{0,2}\d){8,}/.test(value);
}
