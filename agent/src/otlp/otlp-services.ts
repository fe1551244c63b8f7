import type { OtlpAttributes } from './otlp-data.ts';

const MAX_SERVICES = 64;
const OTHER = 'other';

/** Names of programs that send, at most 64; further ones and those that look like no name of a program are `other`. */
export class OtlpServices {
  readonly #known = new Set<string>();

  /** `''` where the SDK was not told: the program is then what the agent speaks for. */
  nameOf(resource: OtlpAttributes): string {
    const said = resource.get('service.name');
    if (typeof said !== 'string' || said === '' || said.startsWith('unknown_service')) return '';
    if (this.#known.has(said)) return said;
    // No `@`, no long number: a name stands in entities, where nothing masks it.
    const isName = /^[A-Za-z][\w.\-/]{0,63}$/.test(said) && !/\d{6}/.test(said);
    if (!isName || this.#known.size >= MAX_SERVICES) return OTHER;
    this.#known.add(said);
    return said;
  }
}

/** One program among several of the same name. */
export const instanceOf = (resource: OtlpAttributes): string =>
  `${resource.get('service.instance.id') ?? resource.get('process.pid') ?? ''}`.slice(0, 100);
