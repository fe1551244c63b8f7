import type { Attributes } from '@airis/protocol';
import { z } from 'zod';
import { BoundedAttributes } from './bounded-attributes.ts';
import { type CgroupRoots, cgroupRoots, type FoundCgroup, findCgroups } from './cgroup-tree.ts';
import { type CgroupUse, readCgroup } from './cgroup-use.ts';
import { defineCollector, type MetricInfo, type SampleWriter } from './collector.ts';

const config = z.strictObject({
  limit: z
    .int()
    .min(0)
    .max(256)
    .default(64)
    .describe('cgroups reported: containers first, then services, then others; further ones are left out'),
  searchEveryMs: z.int().min(1_000).default(30_000).describe('how often new cgroups are looked for'),
});

const counter = (unit: string, about: string): MetricInfo => ({ unit, kind: 'counter', about });
const gauge = (unit: string, about: string): MetricInfo => ({ unit, kind: 'gauge', about });
/** Different cgroups that ever get series since start; the gate's own bound for values of an attribute. */
const EVER_LIMIT = 256;

interface State {
  readonly of: BoundedAttributes;
  readonly reading: BoundedAttributes;
  readonly writing: BoundedAttributes;
  roots: CgroupRoots | null;
  groups: readonly FoundCgroup[];
  searchedAtMs: number;
}

/** What containers, services and other cgroups use, from the files of cgroups v2 or v1. */
export const cgroupsCollector = defineCollector({
  name: 'cgroups',
  config,
  everyMs: 10_000,
  emits: {
    'container.cpu.time': counter('s', 'processor time of a container'),
    'container.memory.usage': gauge('By', 'memory of a container, file cache included'),
    'container.memory.working_set': gauge('By', 'the same without file cache that can be given back at once'),
    'container.disk.io': counter('By', 'bytes a container read and wrote on block devices'),
    'airis.cgroup.cpu.time': counter('s', 'processor time of a service or another cgroup'),
    'airis.cgroup.memory.usage': gauge('By', 'memory of a service or another cgroup, file cache included'),
    'airis.cgroup.memory.working_set': gauge('By', 'the same without file cache that can be given back at once'),
    'airis.cgroup.disk.io': counter('By', 'bytes a service or another cgroup read and wrote on block devices'),
    'airis.cgroup.cpu.limit': gauge('{cpu}', 'processors it may use; nothing where there is no limit'),
    'airis.cgroup.cpu.periods': counter('{period}', 'periods in which the limit was enforced'),
    'airis.cgroup.cpu.throttled_periods': counter('{period}', 'periods in which it was held back'),
    'airis.cgroup.cpu.throttled_time': counter('s', 'time its threads were held back, added up'),
    'airis.cgroup.memory.limit': gauge('By', 'memory it may have; nothing where there is no limit'),
    'airis.cgroup.memory.utilization': gauge('1', 'working set of its limit, 0..1'),
    'airis.cgroup.memory.oom_kills': counter('{process}', 'its processes killed for want of memory'),
    'airis.cgroup.thread.count': gauge('{thread}', 'processes and threads in it'),
    'airis.cgroup.thread.limit': gauge('{thread}', 'how many it may have; nothing where there is no limit'),
  },
  state: (): State => ({
    of: new BoundedAttributes(EVER_LIMIT, (key) => JSON.parse(key) as Attributes),
    reading: new BoundedAttributes(EVER_LIMIT, (key) => ({ ...JSON.parse(key), 'disk.io.direction': 'read' })),
    writing: new BoundedAttributes(EVER_LIMIT, (key) => ({ ...JSON.parse(key), 'disk.io.direction': 'write' })),
    roots: null,
    groups: [],
    searchedAtMs: Number.NEGATIVE_INFINITY,
  }),
  applies: async (host, { limit }) => limit > 0 && (await cgroupRoots(host)) !== null,
  async collect(host, { limit, searchEveryMs }, out, state) {
    const nowMs = host.nowMs();
    if (state.roots === null || Math.abs(nowMs - state.searchedAtMs) >= searchEveryMs) {
      state.searchedAtMs = nowMs;
      state.roots = await cgroupRoots(host);
      state.groups = state.roots === null ? [] : await findCgroups(host, state.roots, limit);
    }
    if (state.roots === null) return;
    const written = new Set<string>();
    for (const group of state.groups) {
      const key = JSON.stringify(attributesOf(group));
      // Paths that differ only in what was cleaned away share a series: the first one has it.
      if (written.has(key)) continue;
      written.add(key);
      write(group, await readCgroup(host, state.roots, group.directory), key, out, state);
    }
  },
});

function attributesOf({ containerId, containerName, path }: FoundCgroup): Attributes {
  if (containerId !== null) return { 'container.id': containerId };
  if (containerName !== null) return { 'container.name': containerName };
  return { 'airis.cgroup.path': path };
}

function write(group: FoundCgroup, use: CgroupUse, key: string, out: SampleWriter, state: State): void {
  const attributes = state.of.get(key);
  if (attributes === null) return;
  const put = (metric: string, value: number | null, own: Attributes | null = attributes): void => {
    if (value !== null && own !== null) out.write(metric, value, own);
  };
  const family = group.kind === 'container' ? 'container' : 'airis.cgroup';
  put(`${family}.cpu.time`, use.cpuSeconds);
  put(`${family}.memory.usage`, use.memoryBytes);
  put(`${family}.memory.working_set`, use.workingSetBytes);
  put(`${family}.disk.io`, use.readBytes, state.reading.get(key));
  put(`${family}.disk.io`, use.writtenBytes, state.writing.get(key));
  put('airis.cgroup.cpu.limit', use.cpuLimit);
  put('airis.cgroup.cpu.periods', use.periods);
  put('airis.cgroup.cpu.throttled_periods', use.throttledPeriods);
  put('airis.cgroup.cpu.throttled_time', use.throttledSeconds);
  put('airis.cgroup.memory.limit', use.memoryLimitBytes);
  const { workingSetBytes, memoryLimitBytes } = use;
  if (workingSetBytes !== null && memoryLimitBytes !== null && memoryLimitBytes > 0) {
    put('airis.cgroup.memory.utilization', Math.min(1, workingSetBytes / memoryLimitBytes));
  }
  put('airis.cgroup.memory.oom_kills', use.oomKills);
  put('airis.cgroup.thread.count', use.threads);
  put('airis.cgroup.thread.limit', use.threadLimit);
}
