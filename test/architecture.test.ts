import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each part may import of ours; `hub/console` takes only types from `hub`. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  models: ['protocol'],
  agent: ['protocol', 'models'],
  hub: ['protocol', 'models'],
  'hub/console': ['protocol'],
};

/** Folders that take values and return values: no clock, network, store, environment or randomness. */
const pureFolders = [
  'models/src/check',
  'models/src/classical',
  'models/src/detect',
  'models/src/features',
  'models/src/forecast',
  'models/src/graph',
  'models/src/templates',
  'protocol/src/schema',
];
const impure =
  /\bDate\.now\(|\bMath\.random\(|\bprocess\.env\b|from 'node:(fs|net|http|https|child_process|worker_threads|dgram)/;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const modules = Object.keys(allowed).flatMap((part) =>
  sourceFiles(part === 'hub/console' ? part : `${part}/src`).map((file) => ({ part, file })),
);
const imports = modules.flatMap(({ file }) => importsOf(file));

describe('import directions', () => {
  it('saw the modules of every part', () => {
    for (const part of Object.keys(allowed)) {
      expect(modules.filter((module) => module.part === part).length, part).toBeGreaterThan(5);
    }
    expect(imports.length).toBeGreaterThan(200);
  });

  it('point only from agent and hub to models and protocol, never between agent and hub', () => {
    const wrong = imports.filter(({ file, target, typeOnly }) => {
      const from = partOf(file);
      const to = partOf(target);
      if (to === null || from === null || from === to) return false;
      if (from === 'hub/console' && to === 'hub' && typeOnly) return false;
      return !allowed[from]?.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('form no circle of modules inside a package', () => {
    expect(circles(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
  });
});

describe('system packages of the tests', () => {
  it('are the same in the README and in continuous integration', () => {
    const installed = (text: string, pattern: RegExp) => pattern.exec(text)?.[1]?.split(' ').sort();
    const readme = installed(readFileSync(join(root, 'README.md'), 'utf8'), /apt-get install (?:--\S+ )*([^`]+)`/);
    const ci = installed(readFileSync(join(root, '.ci/run'), 'utf8'), /^packages=\(([^)]+)\)/m);
    expect(ci?.length).toBeGreaterThan(5);
    expect(readme).toEqual(ci);
  });
});

describe('pure core', () => {
  it.each(pureFolders)('%s touches no clock, store, network, environment or randomness', (folder) => {
    const files = sourceFiles(folder).filter((file) => !file.includes('.test.'));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => impure.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });
});

/** Beside `config.ts` and `cli.ts`, which read settings: who touches the environment, and why. */
const environmentReaders: Readonly<Record<string, string>> = {
  'agent/src/binary/launch.ts': 'finds the folder to unpack into, before there is a config',
  'models/src/runtime/onnx-runtime.ts': 'refuses to load the runtime while its telemetry is on',
  'hub/src/supervise.ts': 'hands it to child processes',
  'hub/src/broker/open-broker.ts': 'finds programs on PATH',
  'hub/src/store/telemetry/chdb-process.ts': 'finds programs on PATH',
};

it('only the config of a package reads the environment', () => {
  const readers = modules
    .map(({ file }) => file)
    .filter((file) => !/test/.test(file) && /\bprocess\.env\b/.test(readFileSync(join(root, file), 'utf8')))
    .filter((file) => !/\/(config|cli)\.ts$/.test(file) && !(file in environmentReaders));
  expect(readers).toEqual([]);
});

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(node_modules|dist|testdata)\//.test(file));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)];
  return found.map((match) => ({
    file,
    target: resolveTarget(file, match[2] ?? ''),
    typeOnly: match[1] !== undefined,
  }));
}

function resolveTarget(file: string, specifier: string): string {
  if (specifier.startsWith('@airis/')) return `${specifier.slice('@airis/'.length)}/src/index.ts`;
  if (!specifier.startsWith('.')) return specifier;
  return relative(root, resolve(root, dirname(file), specifier));
}

function partOf(path: string): string | null {
  if (path.startsWith('hub/console/')) return 'hub/console';
  const part = path.split('/')[0] ?? '';
  return part in allowed ? part : null;
}

/** Circles among modules, each as its path; found by walking depth first. */
function circles(edges: readonly Import[]): string[][] {
  const next = Map.groupBy(edges, ({ file }) => file);
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const { target } of next.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}
