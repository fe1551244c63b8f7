import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
export async function tempFolder(name) {
    const path = await mkdtemp(join(tmpdir(), `airis-${name}-`));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
//# sourceMappingURL=temp-folder.js.map