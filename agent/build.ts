import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/**
 * The agent as two files (program and model worker) with the model that ships, in `dist/agent/`. ONNX Runtime stays a
 * package beside it: its library is native.
 */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist/agent');

/** Messages of zod in fifty languages are half of its size, and nobody reads them here: English alone is kept. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(bundle) {
    bundle.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const result = await build({
  entryPoints: {
    'airis-agent': join(root, 'agent/src/cli.ts'),
    inventory: join(root, 'agent/src/inventory-child.ts'),
    'model-worker': join(root, 'models/src/runtime/worker.ts'),
  },
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node24',
  format: 'esm',
  conditions: ['airis-source'],
  external: ['onnxruntime-node'],
  plugins: [englishOnly],
  minify: true,
  legalComments: 'none',
  sourcemap: 'linked',
  // Packages in CommonJS call `require`, which an ES module has not.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  metafile: true,
  logLevel: 'warning',
});
cpSync(join(root, 'models/zoo/host-autoencoder'), join(folder, 'models/host-autoencoder'), { recursive: true });

const bytes = Object.entries(result.metafile.outputs)
  .filter(([path]) => path.endsWith('.mjs'))
  .reduce((sum, [, output]) => sum + output.bytes, 0);
process.stdout.write(`dist/agent: ${Math.round(bytes / 1024)} KiB of code\n`);
