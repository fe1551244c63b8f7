import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstallError, step } from './progress.mjs';
import { runProgram } from './run-program.mjs';

/** What is built ahead of a start: each from its sources, again only when one of them changed. */
const products = [
  {
    title: 'agent',
    sources: [
      'protocol/src',
      'models/src',
      'models/zoo',
      'agent/src',
      'agent/attach',
      'agent/jmx',
      'agent/native',
      'agent/build.ts',
    ],
    result: 'dist/agent/airis-agent.mjs',
    command: ['--conditions=airis-source', 'agent/build.ts'],
  },
  {
    title: 'console',
    sources: ['hub/console', 'hub/src/api'],
    result: 'hub/console/dist/index.html',
    command: ['node_modules/vite/bin/vite.js', 'build', 'hub/console', '--logLevel', 'warn'],
  },
];

/** Builds what is out of date. `node` is the packaged Node 24. */
export async function buildProducts(root, node, env) {
  const stamps = join(root, 'node_modules', '.cache', 'airis', 'built');
  mkdirSync(stamps, { recursive: true });
  for (const product of products) {
    const stamp = join(stamps, product.title);
    const digest = digestOf(root, [...product.sources, 'package-lock.json']);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && existsSync(join(root, product.result))) continue;
    await step(`build ${product.title}`, async () => {
      const { code, output } = await runProgram(node, product.command, { cwd: root, env });
      if (code !== 0) {
        throw new InstallError(
          'BUILD_FAILED',
          `building the ${product.title} failed:\n${output}`,
          'see the lines above',
        );
      }
      writeFileSync(stamp, digest);
      return product.result;
    });
  }
}

/** Digest over names and contents of all files below the given paths; some megabytes, tens of milliseconds. */
function digestOf(root, paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const info = statSync(join(root, path));
    if (info.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) {
        if (name !== 'node_modules' && name !== 'dist' && name !== 'testdata') visit(join(path, name));
      }
    } else {
      hash.update(path).update(readFileSync(join(root, path)));
    }
  };
  for (const path of paths) if (existsSync(join(root, path))) visit(path);
  return hash.digest('hex');
}
