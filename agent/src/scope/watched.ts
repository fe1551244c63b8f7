import type { ScopeReport, TopologyReport as TopologyMessage } from '@airis/protocol';
import type { CallsSeen } from '../collectors/collector.ts';
import type { Host } from '../collectors/host.ts';
import type { AgentConfig } from '../config.ts';
import { roles } from '../discover/index.ts';
import { correctedRoles, isIgnored } from '../discover/role-corrections.ts';
import type { KnownService, RoleWatchOptions } from '../discover/role-watch.ts';
import { listensAt, readOwnSockets } from '../topology/own-sockets.ts';
import { readTcpSockets } from '../topology/sockets.ts';
import { ProcessTree } from './process-tree.ts';
import type { ScopeConfig } from './scope-config.ts';
import { scopeRole } from './scope-role.ts';
import { notWithin, onlyWithin } from './scoped-host.ts';

type Call = CallsSeen & { readonly client: string };

/** What an agent watches: the whole host, or one scope of it. */
export interface Watched {
  /** The machine as services are looked for in it. */
  readonly host: Host;
  readonly roles: Pick<RoleWatchOptions, 'definitions' | 'isIgnored' | 'only'>;
  /** Who makes the calls that a collector tells without saying whose they are; `null`: nobody in particular. */
  caller(services: readonly KnownService[]): string | null;
  readSockets(services: readonly KnownService[]): Promise<{
    readonly listens: TopologyMessage['listens'];
    readonly calls: readonly Call[];
  }>;
  /** `null` for the whole host. */
  report(): ScopeReport | null;
}

export function createWatched(host: Host, config: Pick<AgentConfig, 'scope' | 'leaveScopes' | 'roles'>): Watched {
  const { scope } = config;
  return scope === undefined ? watchHost(host, config) : watchScope(host, scope);
}

function watchHost(
  host: Host,
  { leaveScopes, roles: corrections }: Pick<AgentConfig, 'leaveScopes' | 'roles'>,
): Watched {
  return {
    host: notWithin(
      host,
      leaveScopes.map(({ pidFile }) => new ProcessTree(pidFile)),
    ),
    roles: { definitions: correctedRoles(roles, corrections), isIgnored: (found) => isIgnored(found, corrections) },
    caller: (services) => (services.length === 1 ? (services[0]?.entity ?? null) : null),
    readSockets: async (services) => ({
      // Making the table costs the kernel some ms, and most hosts have no service that is known.
      listens: services.length === 0 ? [] : listensAt(await readTcpSockets(host), services),
      calls: configured(services),
    }),
    report: () => null,
  };
}

function watchScope(host: Host, scope: ScopeConfig): Watched {
  const tree = new ProcessTree(scope.processes.pidFile);
  const { entity } = scope;
  const label = entity.slice(entity.indexOf(':') + 1);
  return {
    host: onlyWithin(host, tree),
    roles: { definitions: [scopeRole(scope, tree)], only: { entity, label } },
    caller: () => entity,
    async readSockets(services) {
      await tree.refresh(host);
      const { listens, calls } = await readOwnSockets(host, tree.pids);
      return {
        listens: listens.map((address) => ({ entity, address })),
        calls: [...calls.map((call) => ({ ...call, client: entity })), ...configured(services)],
      };
    },
    report: () => ({ entity, pids: [...tree.pids] }),
  };
}

const configured = (services: readonly KnownService[]): Call[] =>
  services.flatMap(({ entity, calls = [] }) =>
    calls.map(({ address, text }) => ({ client: entity, address, kind: 'configuration', text, count: 0 })),
  );
