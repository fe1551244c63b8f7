import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Texts of the mappings that come with the agent, by name; the bundle has them inside (`agent/build.ts`). */
export function shippedMappingTexts(): Readonly<Record<string, string>> {
  const folder = join(import.meta.dirname, '../../jmx');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return Object.fromEntries(files.map((file) => [basename(file, '.yaml'), readFileSync(join(folder, file), 'utf8')]));
}
