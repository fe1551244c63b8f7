import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { compilePacketRing } from './src/capture/compile-packet-ring.ts';
import { shippedMappingTexts } from './src/collectors/jmx-shipped.ts';
import { replayScriptText, rumScriptText } from './src/rum/script-text.ts';

/**
 * The agent as a folder that needs nothing but Node, `dist/agent/`: program, model worker and inventory, the model that
 * ships, and ONNX Runtime's library. `build-binary.ts` makes one file of it.
 */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist/agent');
const runtime = join(root, 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64');

/** Messages of zod in fifty languages are half of its size, and nobody reads them here: English alone is kept. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(bundle) {
    bundle.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * ONNX Runtime as one chunk, loaded on first use. It finds its library by platform inside its package; here that lies
 * beside the chunk. Its names are given one by one, since CommonJS has none to import later.
 */
const runtimeInside: Plugin = {
  name: 'runtime-inside',
  setup(bundle) {
    bundle.onResolve({ filter: /^onnxruntime-node$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, namespace: 'runtime' } : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: 'runtime' }, ({ path }) => ({
      contents: `export { InferenceSession, Tensor } from '${path}';`,
      resolveDir: root,
    }));
    bundle.onLoad({ filter: /onnxruntime-node\/dist\/binding\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(/require\(`[^`]*\.node`\)/, "require('./onnxruntime_binding.node')");
      if (contents === text) throw new Error(`${path} loads its library in another way than it did`);
      return { contents, loader: 'js' };
    });
    bundle.onResolve({ filter: /\.node$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** Mappings for JMX servers are data beside the sources; a program that is one file carries them inside. */
const jmxInside: Plugin = {
  name: 'jmx-inside',
  setup(bundle) {
    bundle.onLoad({ filter: /collectors\/jmx-shipped\.ts$/ }, () => ({
      contents: `export const shippedMappingTexts = () => (${JSON.stringify(shippedMappingTexts())});`,
    }));
  },
};

/** The scripts for pages are made here, where there is a bundler; the recorder, which few need, as a chunk of its own. */
const rumScript = await rumScriptText();
const replayScript = await replayScriptText();
const rumInside: Plugin = {
  name: 'rum-inside',
  setup(bundle) {
    bundle.onLoad({ filter: /rum\/script-text\.ts$/ }, () => ({
      contents: `export const rumScriptText = async () => ${JSON.stringify(rumScript)};
        export const replayScriptText = async () => (await import('replay-script')).default;`,
    }));
    bundle.onResolve({ filter: /^replay-script$/ }, ({ path }) => ({ path, namespace: 'replay' }));
    bundle.onLoad({ filter: /.*/, namespace: 'replay' }, () => ({
      contents: `export default ${JSON.stringify(replayScript)};`,
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
  plugins: [englishOnly, runtimeInside, jmxInside, rumInside],
  minify: true,
  legalComments: 'none',
  sourcemap: 'linked',
  // Packages in CommonJS call `require`, which an ES module has not.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  metafile: true,
  logLevel: 'warning',
});
cpSync(join(root, 'models/zoo/host-autoencoder'), join(folder, 'models/host-autoencoder'), { recursive: true });
cpSync(join(root, 'agent/attach'), join(folder, 'attach'), {
  recursive: true,
  filter: (path) => !path.endsWith('__pycache__'),
});
for (const name of ['onnxruntime_binding.node', 'libonnxruntime.so.1']) {
  cpSync(join(runtime, name), join(folder, 'chunks', name));
}

// Without a compiler it is an agent without capture, and says so when it is asked to.
if (!compilePacketRing(join(folder, 'native/packet-ring.node')))
  process.stdout.write('no gcc: built without packet capture\n');

const bytes = Object.entries(result.metafile.outputs)
  .filter(([path]) => path.endsWith('.mjs'))
  .reduce((sum, [, output]) => sum + output.bytes, 0);
process.stdout.write(`dist/agent: ${Math.round(bytes / 1024)} KiB of code\n`);
