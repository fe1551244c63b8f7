import type { Change } from '@airis/protocol';
import type { Host } from '../collectors/host.ts';
import type { AgentConfig } from '../config.ts';
import type { KnownService } from '../discover/role-watch.ts';
import type { LogSink, PositionStore } from '../receivers/log-line.ts';
import { createConfigWatch } from './config-watch.ts';
import { createListenerWatch } from './listener-watch.ts';
import { createLoginWatch } from './login-watch.ts';

export interface ChangeWatchParts {
  /** The whole machine, and what of it no other agent watches. */
  readonly host: Host;
  readonly watchedHost: Host;
  readonly config: Pick<AgentConfig, 'configWatch' | 'listenerWatch' | 'scope'>;
  /** `host:web-1`. */
  readonly hostEntity: string;
  readonly newId: () => string;
  readonly memory: PositionStore;
  readonly services: () => readonly KnownService[];
}

/** A source of changes beside the roles: asked again and again what was changed since. */
export interface ChangeWatch {
  readonly everyMs: number;
  poll(): Change[] | Promise<Change[]>;
}

export interface ChangeWatches {
  /** A new one is one file and one entry here. */
  readonly all: readonly ChangeWatch[];
  /** The way of log lines, seen by those that look into them. */
  watching(sink: LogSink): LogSink;
}

export function createChangeWatches(parts: ChangeWatchParts): ChangeWatches {
  const { host, watchedHost, config, hostEntity, newId, memory, services } = parts;
  const { scope } = config;
  const entity = scope?.entity ?? hostEntity;
  const files = createConfigWatch({ host, config: config.configWatch, entity, newId, memory });
  const logins = createLoginWatch({ entity: hostEntity, newId, nowMs: host.nowMs });
  const all: ChangeWatch[] = [
    { everyMs: 5_000, poll: () => files.poll(services()) },
    { everyMs: 10_000, poll: () => logins.poll() },
  ];
  // Ports belong to the machine: the agent of a scope leaves them to the host's.
  if (scope === undefined) {
    const config = parts.config.listenerWatch;
    all.push({ everyMs: 10_000, ...createListenerWatch({ host: watchedHost, config, entity, newId, memory }) });
  }
  return { all, watching: (sink) => logins.watching(sink) };
}
