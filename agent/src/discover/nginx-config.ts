import { dirname, isAbsolute, join } from 'node:path';
import { globFiles } from '../collectors/glob-files.ts';
import type { Host } from '../collectors/host.ts';
import { ConfigFiles } from './web-server.ts';

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block: readonly Directive[];
}

/**
 * The configuration as nginx reads it, with includes in place. `null` when the main file cannot be read; an include that
 * cannot be read counts as empty. `root` is put before paths on disk: for an nginx in a container.
 */
export async function readNginxConfig(
  host: Host,
  path: string,
  root = '',
): Promise<{ readonly directives: readonly Directive[]; readonly files: readonly string[] } | null> {
  const files = new ConfigFiles(host, root);
  async function read(file: string, depth: number): Promise<Directive[] | null> {
    const text = await files.read(file, depth);
    return text === null ? null : expand(parseNginxConfig(text), depth);
  }
  async function expand(directives: readonly Directive[], depth: number): Promise<Directive[]> {
    const expanded: Directive[] = [];
    for (const directive of directives) {
      const pattern = directive.args[0];
      if (directive.name !== 'include' || pattern === undefined) {
        expanded.push({ ...directive, block: await expand(directive.block, depth) });
        continue;
      }
      const absolute = isAbsolute(pattern) ? pattern : join(dirname(path), pattern);
      for (const file of await globFiles(host, root + absolute)) {
        expanded.push(...((await read(file.slice(root.length), depth + 1)) ?? []));
      }
    }
    return expanded;
  }
  const directives = await read(path, 0);
  return directives === null ? null : { directives, files: files.paths };
}

/** Text into directives; what is torn or does not balance ends where the text does. */
export function parseNginxConfig(text: string): Directive[] {
  const tokens = tokenize(text);
  let at = 0;
  function block(depth: number): Directive[] {
    const directives: Directive[] = [];
    let words: string[] = [];
    while (at < tokens.length) {
      const token = tokens[at++]!;
      if (token.kind === 'word') {
        words.push(token.text);
        continue;
      }
      if (token.kind === '}') break;
      const inner = token.kind === '{' && depth < 50 ? block(depth + 1) : [];
      const [name, ...args] = words;
      if (name !== undefined) directives.push({ name, args, block: inner });
      words = [];
    }
    return directives;
  }
  return block(0);
}

interface Token {
  readonly kind: 'word' | '{' | '}' | ';';
  readonly text: string;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (/\s/.test(char)) at++;
    else if (char === '#') at = endOf(text.indexOf('\n', at), text);
    else if (char === '{' && tokens.at(-1)?.text.endsWith('_by_lua_block') === true) {
      at = skipLua(text, at);
      tokens.push({ kind: ';', text: '' });
    } else if (char === '{' || char === '}' || char === ';') {
      at++;
      tokens.push({ kind: char, text: char });
    } else if (char === '"' || char === "'") {
      const [word, next] = quoted(text, at, char);
      tokens.push({ kind: 'word', text: word });
      at = next;
    } else {
      const start = at;
      while (at < text.length && !/[\s;]/.test(text[at]!) && !isBlockBrace(text, at)) at += text[at] === '\\' ? 2 : 1;
      tokens.push({ kind: 'word', text: text.slice(start, at) });
    }
  }
  return tokens;
}

const endOf = (index: number, text: string) => (index < 0 ? text.length : index);

/** `${name}` is a variable and part of a word; any other brace opens or closes a block. */
const isBlockBrace = (text: string, at: number) =>
  (text[at] === '{' && text[at - 1] !== '$') ||
  (text[at] === '}' && !/\$\{\w*$/.test(text.slice(Math.max(0, at - 40), at)));

function quoted(text: string, start: number, quote: string): [word: string, next: number] {
  let word = '';
  let at = start + 1;
  for (; at < text.length && text[at] !== quote; at++) {
    if (text[at] === '\\' && (text[at + 1] === quote || text[at + 1] === '\\')) at++;
    word += text[at] ?? '';
  }
  return [word, at + 1];
}

/** Lua between braces is no configuration: skipped to the brace that closes it. */
function skipLua(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"' || char === "'") at = quoted(text, at, char)[1] - 1;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return at + 1;
  }
  return text.length;
}
