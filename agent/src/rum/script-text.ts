import { join } from 'node:path';

/** The script for pages as one text; the bundle has it inside (`agent/build.ts`), a checkout makes it when first asked. */
export async function rumScriptText(): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../../rum/script.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0]!.text;
}
