import { join } from 'node:path';

/** The script for pages as one text; the bundle has it inside (`agent/build.ts`), a checkout makes it when first asked. */
export const rumScriptText = (): Promise<string> => bundled('script.ts');

/** The recorder, in the bundle a chunk of its own that is read where a site takes recordings. */
export const replayScriptText = (): Promise<string> => bundled('replay.ts');

async function bundled(file: string): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../../rum', file)],
    bundle: true,
    conditions: ['airis-source'],
    minify: true,
    format: 'iife',
    target: 'es2020',
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0]!.text;
}
