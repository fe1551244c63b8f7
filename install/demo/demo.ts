import { join, resolve } from 'node:path';
import { startAgent } from '../agent-process.ts';
import type { Child } from '../child.ts';
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
  /** Gives the shop's address once it is open and watched; throws where a tier cannot be had at all. */
  join(hub: HubCalls): Promise<string>;
}

/** Reads `--stand-ins web,was,database`; null for a word that names no tier that has one. */
export function readStandIns(text: string): readonly TierName[] | null {
  const known = ['web', 'was', 'database'] as const;
  const words = text.split(',').filter((word) => word !== '');
  const names = known.filter((name) => words.includes(name));
  return names.length === words.length ? names : null;
}

/**
 * Begins to open the shop at once, since it needs no hub; `join` then gives it agents and faults beside a hub that
 * serves. Ends in the reverse order; faults are mended first.
 */
export function beginDemo(dataDir: string, { say, standIns }: DemoOptions): Demo {
  const folder = join(dataDir, 'demo');
  const logFolder = join(dataDir, 'logs', 'demo');
  const joined = new AsyncDisposableStack();
  const jolokiaJar = ensureJolokia(resolve(import.meta.dirname, '../..'), say);
  const opening = startShop({ folder, logFolder, jolokiaJar, say, standIns });
  // Told by `join`.
  opening.catch(() => undefined);
  return {
    async join(hub) {
      const shop = await opening;
      for (const { title, program, standInReason } of shop.tiers) {
        say(`${title.en.padEnd(9)} ${program}${standInReason === null ? '' : ` — stand-in: ${standInReason.en}`}`);
      }
      const agents = await Promise.all(shop.tiers.map((tier) => startTierAgent(hub, shop, tier, folder, logFolder)));
      joined.defer(async () => {
        await Promise.all(agents.map((agent) => agent.stop()));
      });
      const board = joined.use(createFaultBoard(faults, shop.hands(), say));
      joined.use(await startControl(controlFileOf(dataDir), board, () => shop.report()));
      return shop.url;
    },
    async [Symbol.asyncDispose]() {
      await joined.disposeAsync();
      const shop = await opening.catch(() => null);
      await shop?.[Symbol.asyncDispose]();
    },
  };
}

function startTierAgent(
  hub: HubCalls,
  shop: Shop,
  tier: RunningTier,
  folder: string,
  logFolder: string,
): Promise<Child> {
  const id = agentOf(tier);
  return startAgent(hub, {
    id,
    name: `agent ${id}`,
    folder: join(folder, 'agents', id),
    logFile: join(logFolder, `agent-${id}.log`),
    config: configOf(shop, tier),
    // The shop's people and orders are made up: nothing in its logs is private.
    generalLogSources: tier.logFiles,
  });
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
    configWatch: { files: tier.configFiles },
    receivers: { files: { files: tier.logFiles.map((path) => ({ path })) } },
    model: { enabled: false },
    localStore: { limitBytes: 64 * 1024 * 1024 },
    spool: { limitBytes: 64 * 1024 * 1024 },
  };
}
