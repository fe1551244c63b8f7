import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readModelFolder } from '@airis/models';
import { agentDirectory } from '../config.ts';
import { errorText } from '../errors.ts';
import { shippedModel } from '../shipped-model.ts';
import { type Command, textFlag } from './command.ts';
import { readStatus } from './status.ts';

export const modelsCommand: Command = {
  name: 'models',
  about: 'models on this host, and which one runs',
  options: {},
  help: [],
  async run(flags, _, { environment, out }) {
    const directory = agentDirectory(textFlag(flags, 'dir'), environment);
    const folders = [
      { kind: 'shipped', folder: shippedModel(existsSync).folder },
      { kind: 'last good', folder: join(directory, 'models', 'last-good') },
    ].filter(({ folder }) => existsSync(folder));
    const models = await Promise.all(folders.map(({ kind, folder }) => describe(kind, folder)));
    const detection = readStatus(directory)?.health.detection ?? null;
    const running =
      detection === null
        ? null
        : { name: detection.modelName, version: detection.modelVersion, error: detection.error };
    if (flags.json === true) out(JSON.stringify({ models, running }));
    else {
      const lines = models.map(({ kind, name, version, error }) => `${kind}: ${error ?? `${name} ${version}`}`);
      out(
        [...lines, `running: ${running?.name ?? 'none'} ${running?.version ?? ''} ${running?.error ?? ''}`].join('\n'),
      );
    }
    return 0;
  },
};

async function describe(kind: string, folder: string) {
  try {
    const { manifest } = await readModelFolder(folder);
    return { kind, folder, name: manifest.name, version: manifest.version, sha256: manifest.sha256.model, error: null };
  } catch (error) {
    return { kind, folder, name: null, version: null, sha256: null, error: errorText(error) };
  }
}
