import { isAbsolute, join } from 'node:path';
import { globFiles } from '../collectors/glob-files.ts';
import type { Host } from '../collectors/host.ts';
import type { Directive } from './nginx-config.ts';
import { ConfigFiles } from './web-server.ts';

const LINE_LENGTH_LIMIT = 16 * 1024;

export interface ApacheStart {
  /** Main file, as the process sees it. */
  readonly path: string;
  /** ServerRoot until the configuration names another. */
  readonly serverRoot: string;
  /** Names of `-D` and of the environment; a `Define` adds more. */
  readonly defined: ReadonlyMap<string, string>;
  /** Put before paths on disk: for an Apache in a container. */
  readonly root?: string;
}

export interface ApacheConfig {
  /** Sections are directives with a block and a name in `<>`. */
  readonly directives: readonly Directive[];
  readonly serverRoot: string;
  /** As the process sees them. */
  readonly files: readonly string[];
}

/**
 * The configuration as Apache reads it: includes, `Define` and `IfDefine` in place. Modules count as loaded, since what is
 * within `IfModule` harms nobody who only looks. `null` when the main file cannot be read.
 */
export async function readApacheConfig(host: Host, start: ApacheStart): Promise<ApacheConfig | null> {
  const { path, root = '' } = start;
  const defined = new Map(start.defined);
  let serverRoot = start.serverRoot;
  const files = new ConfigFiles(host, root);
  const absolute = (file: string) => (isAbsolute(file) ? file : join(serverRoot, file));
  async function read(file: string, depth: number): Promise<Directive[] | null> {
    const text = await files.read(file, depth);
    return text === null ? null : expand(parseApacheConfig(text), depth);
  }
  async function expand(directives: readonly Directive[], depth: number): Promise<Directive[]> {
    const expanded: Directive[] = [];
    for (const { name, args: raw, block } of directives) {
      const args = raw.map((arg) => substitute(arg, defined));
      const [first = ''] = args;
      if (name === 'define') defined.set(first, args[1] ?? '');
      else if (name === 'serverroot') serverRoot = first;
      else if (name === 'include' || name === 'includeoptional') {
        for (const file of await globFiles(host, root + absolute(first))) {
          expanded.push(...((await read(file.slice(root.length), depth + 1)) ?? []));
        }
      } else if (name === '<ifdefine>') {
        const isWanted = first.startsWith('!') ? !defined.has(first.slice(1)) : defined.has(first);
        if (isWanted) expanded.push(...(await expand(block, depth)));
      } else if (name === '<ifmodule>' || name === '<ifversion>') {
        if (!first.startsWith('!')) expanded.push(...(await expand(block, depth)));
      } else expanded.push({ name, args, block: await expand(block, depth) });
    }
    return expanded;
  }
  const directives = await read(path, 0);
  return directives === null ? null : { directives, serverRoot, files: files.paths };
}

const substitute = (text: string, defined: ReadonlyMap<string, string>): string =>
  text.replace(/\$\{(\w+)\}/g, (whole, name: string) => defined.get(name) ?? whole).slice(0, LINE_LENGTH_LIMIT);

const NESTING_LIMIT = 20;

/** Text into directives, names in lower case; sections that are not closed end where the text does. */
export function parseApacheConfig(text: string): Directive[] {
  const top: Directive[] = [];
  const open: { readonly name: string; readonly block: Directive[] }[] = [];
  for (const line of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const trimmed = line.trim().slice(0, LINE_LENGTH_LIMIT);
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const into = open.at(-1)?.block ?? top;
    const closed = /^<\/(\w+)\s*>/.exec(trimmed)?.[1]?.toLowerCase();
    if (closed !== undefined) {
      if (open.at(-1)?.name === closed) open.pop();
      continue;
    }
    const section = /^<(\w+)\s*(.*)>$/.exec(trimmed);
    const [word = '', ...args] = section === null ? wordsOf(trimmed) : [section[1] ?? '', ...wordsOf(section[2] ?? '')];
    const name = word.toLowerCase();
    const block: Directive[] = [];
    into.push({ name: section === null ? name : `<${name}>`, args, block });
    if (section !== null && open.length < NESTING_LIMIT) open.push({ name, block });
  }
  return top;
}

/** Words parted by blanks; quotes hold a word together, and a backslash takes the quote behind it as it is. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, double, single, plain] of line.matchAll(/"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|(\S+)/g)) {
    const quoted = double ?? single;
    words.push(quoted === undefined ? (plain ?? '') : quoted.replace(/\\(["'\\])/g, '$1'));
  }
  return words;
}
