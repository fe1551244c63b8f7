import { existsSync } from 'node:fs';
import { type AccessService, createAccess } from '../auth/access.ts';
import type { HubConfig } from '../config.ts';
import { HubError } from '../errors.ts';
import { layoutOf } from '../layout.ts';
import { openStateStore, type StateStore } from '../store/state/state-store.ts';

/** Who did it, as the audit says of commands on the hub's own machine. */
export const COMMAND_LINE_USER = 'system:command-line';

export interface OfflineAccess extends AsyncDisposable {
  readonly state: StateStore;
  readonly access: AccessService;
}

/** The access part on the state file itself; works beside a running hub, which sees every change at once. */
export function openOfflineAccess(config: HubConfig): OfflineAccess {
  const { stateFile } = layoutOf(config.dataDir);
  if (!existsSync(stateFile)) {
    throw new HubError(
      'DATA_DIR_UNUSABLE',
      `no hub has run in ${config.dataDir}`,
      'start it once, or set AIRIS_DATA_DIR',
    );
  }
  const state = openStateStore(stateFile);
  return { state, access: createAccess(state, Date.now), [Symbol.asyncDispose]: () => state[Symbol.asyncDispose]() };
}
