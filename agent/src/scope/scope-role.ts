import { executableName } from '../collectors/process-table.ts';
import { portsHeldBy, type RunningProcess } from '../discover/host-evidence.ts';
import { roles } from '../discover/index.ts';
import { defineRole, type FoundRole, type RoleDefinition } from '../discover/role-definition.ts';
import type { ProcessTree } from './process-tree.ts';
import type { ScopeConfig } from './scope-config.ts';

/** What runs in a scope: the program where it is recognised, else by the name of its root process. One role at most. */
export function scopeRole(
  scope: Pick<ScopeConfig, 'tier'>,
  tree: ProcessTree,
  known: readonly RoleDefinition[] = roles,
): RoleDefinition {
  return defineRole({
    name: 'scope',
    tier: scope.tier,
    find: async (evidence) => {
      for (const definition of known) {
        const [found] = await definition.find(evidence);
        if (found !== undefined) return [found];
      }
      const { root } = tree;
      const process = evidence.processes.find(
        ({ pid, startTicks }) => pid === root?.pid && startTicks === root.startTicks,
      );
      if (process === undefined) return [];
      const ports = await portsHeldBy(evidence, tree.pids);
      return [genericRole(executableName(evidence.host, process.pid, process.comm), scope.tier, process, ports)];
    },
  });
}

function genericRole(
  name: string,
  tier: ScopeConfig['tier'],
  process: RunningProcess,
  ports: readonly number[],
): FoundRole {
  return {
    key: 'scope',
    process,
    ports,
    configPath: null,
    configFiles: [],
    role: {
      name,
      tier,
      version: null,
      state: 'running',
      evidence: [
        { kind: 'process', text: `${name} process, pid ${process.pid}` },
        ...ports.slice(0, 6).map((port) => ({ kind: 'listener' as const, text: `listens on tcp port ${port}` })),
      ],
    },
  };
}
