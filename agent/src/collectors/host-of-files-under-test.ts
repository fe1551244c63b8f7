import { createHost, type Host } from './host.ts';

/** A machine for tests that has these files and no others; `readInto` sees them too. */
export function hostOfFiles(files: Readonly<Record<string, string>>, nowMs: () => number = () => 0): Host {
  const tryReadText = async (path: string): Promise<string | null> => files[path] ?? null;
  return {
    ...createHost('/', nowMs),
    tryReadText,
    async readText(path) {
      const text = await tryReadText(path);
      if (text === null) throw new Error(`no ${path}`);
      return text;
    },
    readBytes: async (path) => Buffer.from(files[path] ?? ''),
    readInto: (path, buffer) => {
      const text = files[path];
      return text === undefined ? -1 : Buffer.from(text).copy(buffer);
    },
    list: async (path) => {
      const below = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
      return [...new Set(below.map((file) => file.slice(path.length + 1).split('/')[0]!))];
    },
    readLink: () => null,
  };
}
