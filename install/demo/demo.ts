import { join, resolve } from 'node:path';
import { startAgent } from '../agent-process.ts';
import type { HubCalls } from '../hub-calls.ts';
import { startControl } from './control.ts';
import { createFaultBoard } from './fault-board.ts';
import type { TierName } from './faults/fault.ts';
import { faults } from './faults/index.ts';
import { ensureJolokia } from './jolokia.ts';
import { type Shop, startShop } from './shop.ts';
import { APP_MEMORY_LIMIT_BYTES } from './tiers/app.ts';
import type { RunningTier } from './tiers/tier.ts';

/** Where the hub finds the shop: the value of AIRIS_DEMO_CONTROL. */
export const controlFileOf = (dataDir: string): string => join(dataDir, 'demo', 'control.json');

/** Roots of the process trees that have agents of their own; the whole-host agent leaves them alone. */
export const scopePidFiles = (dataDir: string): readonly string[] =>
  (['web', 'was', 'app', 'database'] as const).map((name) => join(dataDir, 'demo', name, `${name}.pid`));

export interface DemoOptions {
  readonly say: (text: string) => void;
  /** Tiers to run as stand-ins although their programs are installed. */
  readonly standIns: readonly TierName[];
}

export interface Demo extends AsyncDisposable {
  readonly url: string;
}

/** Reads `--stand-ins web,was,database`; null for a word that names no tier that has one. */
export function readStandIns(text: string): readonly TierName[] | null {
  const known = ['web', 'was', 'database'] as const;
  const words = text.split(',').filter((word) => word !== '');
  const names = known.filter((name) => words.includes(name));
  return names.length === words.length ? names : null;
}

/** The shop with its agents and faults, beside a hub that serves. Ends in the reverse order; faults are mended first. */
export async function startDemo(hub: HubCalls, { say, standIns }: DemoOptions): Promise<Demo> {
  const folder = join(hub.dataDir, 'demo');
  const logFolder = join(hub.dataDir, 'logs', 'demo');
  await using parts = new AsyncDisposableStack();
  const jolokiaJar = await ensureJolokia(resolve(import.meta.dirname, '../..'), say);
  const shop = parts.use(await startShop({ folder, logFolder, jolokiaJar, say, standIns }));
  for (const { title, program, standInReason } of shop.tiers) {
    say(`${title.en.padEnd(9)} ${program}${standInReason === null ? '' : ` — stand-in: ${standInReason.en}`}`);
  }
  const agents = await Promise.all(
    shop.tiers.map((tier) => {
      const id = agentOf(tier);
      const config = configOf(shop, tier);
      return startAgent(hub, {
        id,
        name: `agent ${id}`,
        folder: join(folder, 'agents', id),
        logFile: join(logFolder, `agent-${id}.log`),
        config,
      });
    }),
  );
  parts.defer(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
  });
  const board = parts.use(createFaultBoard(faults, shop.hands(), say));
  parts.use(await startControl(controlFileOf(hub.dataDir), board, () => shop.report()));
  const life = parts.move();
  return { url: shop.url, [Symbol.asyncDispose]: () => life.disposeAsync() };
}

/** `service:shop-was` → `shop-was`. */
const agentOf = ({ entity }: RunningTier): string => entity.slice(entity.indexOf(':') + 1);

function configOf(shop: Shop, tier: RunningTier): object {
  return {
    scope: {
      entity: tier.entity,
      tier: tier.name,
      processes: { pidFile: tier.pidFile },
      ...(tier.name === 'app' ? { memoryLimitBytes: APP_MEMORY_LIMIT_BYTES } : {}),
      ...(tier.name === 'was'
        ? { directories: [{ name: 'uploads', path: shop.uploads.folder, quotaBytes: shop.uploads.quotaBytes }] }
        : {}),
    },
    collectors: tier.collectors,
    model: { enabled: false },
    localStore: { limitBytes: 64 * 1024 * 1024 },
    spool: { limitBytes: 64 * 1024 * 1024 },
  };
}
