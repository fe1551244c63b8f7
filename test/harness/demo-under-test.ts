import { readdir, readFile } from 'node:fs/promises';
import { type NpmStart, npmStart } from './npm-start.ts';
import { until } from './until.ts';

export interface SeenFault {
  readonly name: string;
  readonly target: string;
  readonly active: boolean;
}

export interface SeenShop {
  readonly tiers: readonly { readonly name: string; readonly isStandIn: boolean; readonly state: string }[];
}

/**
 * `npm start -- --demo`; resolves when every tier of the shop runs.
 *
 * @param words - further flags
 */
export async function startDemo(dataDir: string, words: readonly string[] = []): Promise<NpmStart> {
  const demo = npmStart(dataDir, ['--demo', ...words]);
  try {
    await until('the shop to be open', 180_000, async () => {
      if (demo.hasEnded()) throw new Error(`npm start ended: ${demo.output().slice(-2_000)}`);
      const { tiers } = await demo.api<SeenShop>('GET', '/api/v1/demo/shop');
      return tiers.length === 4 && tiers.every(({ state }) => state === 'running');
    });
  } catch (error) {
    await demo.interrupt();
    throw new Error(`the demo did not start: ${demo.output().slice(-3_000)}`, { cause: error });
  }
  return demo;
}

/** Process ids that were started for this data folder: it stands in the environment of all of them. */
export async function processesOf(dataDir: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const named = await Promise.all(
    ids.map(async (id) => {
      const [environment, command] = await Promise.all(
        ['environ', 'cmdline'].map((file) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '')),
      );
      return environment?.includes(`AIRIS_DATA_DIR=${dataDir}`) || command?.includes(dataDir) ? id : null;
    }),
  );
  return named.filter((id) => id !== null);
}
