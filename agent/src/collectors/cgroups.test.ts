import { describe, expect, it } from 'vitest';
import { cgroupName } from './cgroup-name.ts';
import { cgroupRoots, findCgroups } from './cgroup-tree.ts';
import { cgroupsCollector } from './cgroups.ts';
import { hostOfFiles } from './host-of-files-under-test.ts';

const id = '3741b479603d28bb01eb9212dcf0e3cd55b736d0794ba9ff26c6cdd67cdcda3e';
const short = '3741b479603d';

it.each([
  [`/system.slice/docker-${id}.scope`, { kind: 'container', containerId: short }],
  [`/docker/${id}`, { kind: 'container', containerId: short }],
  [`/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`, { kind: 'container', containerId: short }],
  [`/kubepods/burstable/pod7f/${id}`, { kind: 'container', containerId: short }],
  [`/machine.slice/libpod-${id}.scope`, { kind: 'container', containerId: short }],
  ['/lxc.payload.web1', { kind: 'container', containerId: null, containerName: 'web1' }],
  ['/lxc/web1', { kind: 'container', containerId: null, containerName: 'web1' }],
  ['/machine.slice/machine-build\\x2dbox.scope', { kind: 'container', containerName: 'build-box' }],
  ['/system.slice/nginx.service', { kind: 'service', path: '/system.slice/nginx.service' }],
  [`/jobs/${id}`, { kind: 'other', containerId: null }],
  ['/user.slice/user-1000.slice/session-12345.scope', { path: '/user.slice/user-#.slice/session-#.scope' }],
  ['/x\u001b[31m\n\u0000한', { kind: 'other', path: '/x_[31m___' }],
])('names %j', (path, want) => expect(cgroupName(path)).toMatchObject(want));

it('keeps the end of an endless path', () => {
  expect(cgroupName(`/${'a'.repeat(9_000)}/b.service`)).toMatchObject({ kind: 'service' });
  expect(cgroupName(`/${'a'.repeat(9_000)}/b.service`).path).toHaveLength(120);
});

async function collect(files: Readonly<Record<string, string>>, settings?: object): Promise<Record<string, number>> {
  const written: Record<string, number> = {};
  await cgroupsCollector.create(settings).collect(hostOfFiles(files), {
    write: (metric, value, attributes) => {
      written[`${metric} ${Object.values(attributes ?? {}).join(' ')}`] = value;
    },
  });
  return written;
}

const v2 = '/sys/fs/cgroup';
const unit = `${v2}/system.slice/shop.service`;
const filesV2 = {
  [`${v2}/cgroup.controllers`]: 'cpuset cpu io memory hugetlb pids\n',
  [`${v2}/system.slice/cpu.stat`]: 'usage_usec 9\n',
  [`${unit}/cpu.stat`]:
    'usage_usec 2500000\nuser_usec 1\nsystem_usec 1\nnr_periods 40\nnr_throttled 7\nthrottled_usec 1500000\n',
  [`${unit}/cpu.max`]: '150000 100000\n',
  [`${unit}/memory.current`]: '209715200\n',
  [`${unit}/memory.max`]: '268435456\n',
  [`${unit}/memory.stat`]: 'anon 1\nfile 2\ninactive_file 104857600\nactive_file 3\n',
  [`${unit}/memory.events`]: 'low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n',
  [`${unit}/io.stat`]:
    '254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:0 rbytes=4 wbytes=0 rios=1 wios=0 dbytes=9 dios=1\n',
  [`${unit}/pids.current`]: '12\n',
  [`${unit}/pids.max`]: 'max\n',
};

describe('cgroups v2', () => {
  it('gives use, limits and throttling of a service', async () => {
    const at = '/system.slice/shop.service';
    expect(await collect(filesV2)).toEqual({
      [`airis.cgroup.cpu.time ${at}`]: 2.5,
      [`airis.cgroup.cpu.limit ${at}`]: 1.5,
      [`airis.cgroup.cpu.periods ${at}`]: 40,
      [`airis.cgroup.cpu.throttled_periods ${at}`]: 7,
      [`airis.cgroup.cpu.throttled_time ${at}`]: 1.5,
      [`airis.cgroup.memory.usage ${at}`]: 209_715_200,
      [`airis.cgroup.memory.working_set ${at}`]: 104_857_600,
      [`airis.cgroup.memory.limit ${at}`]: 268_435_456,
      [`airis.cgroup.memory.utilization ${at}`]: 0.390625,
      [`airis.cgroup.memory.oom_kills ${at}`]: 1,
      [`airis.cgroup.disk.io ${at} read`]: 4_100,
      [`airis.cgroup.disk.io ${at} write`]: 8_192,
      [`airis.cgroup.thread.count ${at}`]: 12,
    });
  });

  it('leaves out what a controller that is off does not say, and torn numbers', async () => {
    const files = {
      [`${v2}/cgroup.controllers`]: '\n',
      [`${unit}/cpu.stat`]: 'usage_usec 1000000\nnr_per',
      [`${unit}/memory.current`]: '2097',
      [`${unit}/memory.max`]: 'max\n',
      [`${unit}/cpu.max`]: 'max 100000\n',
    };
    expect(Object.keys(await collect(files))).toEqual(['airis.cgroup.cpu.time /system.slice/shop.service']);
  });

  it('reports containers first, and no more than asked for', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, i) => [`${v2}/jobs/job-${i}/cpu.stat`, 'usage_usec 1000000\n']),
    );
    const container = { [`${v2}/system.slice/docker-${id}.scope/cpu.stat`]: 'usage_usec 3000000\n' };
    const written = await collect({ ...filesV2, ...many, ...container }, { limit: 2 });
    expect(written[`container.cpu.time ${short}`]).toBe(3);
    expect(Object.keys(written).filter((key) => key.includes('cpu.time'))).toEqual([
      `container.cpu.time ${short}`,
      'airis.cgroup.cpu.time /system.slice/shop.service',
    ]);
  });
});

describe('cgroups v1', () => {
  const below = `docker/${id}`;
  const files = {
    [`/sys/fs/cgroup/memory/${below}/memory.usage_in_bytes`]: '13549568\n',
    [`/sys/fs/cgroup/memory/${below}/memory.limit_in_bytes`]: '9223372036854771712\n',
    [`/sys/fs/cgroup/memory/${below}/memory.stat`]: 'cache 1\ninactive_file 5\ntotal_inactive_file 16384\n',
    [`/sys/fs/cgroup/memory/${below}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
    [`/sys/fs/cgroup/cpuacct/${below}/cpuacct.usage`]: '18536169991190\n',
    [`/sys/fs/cgroup/cpu/${below}/cpu.stat`]: 'nr_periods 5\nnr_throttled 2\nthrottled_time 2000000000\n',
    [`/sys/fs/cgroup/cpu/${below}/cpu.cfs_quota_us`]: '-1\n',
    [`/sys/fs/cgroup/cpu/${below}/cpu.cfs_period_us`]: '100000\n',
    [`/sys/fs/cgroup/blkio/${below}/blkio.throttle.io_service_bytes`]:
      '254:0 Read 10\n254:0 Write 20\n254:0 Sync 30\n254:0 Total 30\nTotal 30\n',
    [`/sys/fs/cgroup/pids/${below}/pids.current`]: '3\n',
    [`/sys/fs/cgroup/pids/${below}/pids.max`]: '64\n',
  };

  it('gives the same of a container, from a tree for each controller', async () => {
    expect(await collect(files)).toEqual({
      [`container.cpu.time ${short}`]: 18_536.16999119,
      [`container.memory.usage ${short}`]: 13_549_568,
      [`container.memory.working_set ${short}`]: 13_533_184,
      [`container.disk.io ${short} read`]: 10,
      [`container.disk.io ${short} write`]: 20,
      [`airis.cgroup.cpu.periods ${short}`]: 5,
      [`airis.cgroup.cpu.throttled_periods ${short}`]: 2,
      [`airis.cgroup.cpu.throttled_time ${short}`]: 2,
      [`airis.cgroup.memory.oom_kills ${short}`]: 4,
      [`airis.cgroup.thread.count ${short}`]: 3,
      [`airis.cgroup.thread.limit ${short}`]: 64,
    });
  });

  it('is not taken where neither version is mounted', async () => {
    expect(await cgroupRoots(hostOfFiles({}))).toBeNull();
  });
});

it('a tree without end is searched in part', async () => {
  let listed = 0;
  const host = {
    ...hostOfFiles({ [`${v2}/cgroup.controllers`]: '\n' }),
    list: async () => {
      listed++;
      return Array.from({ length: 5_000 }, (_, i) => `g${i}`);
    },
  };
  const roots = await cgroupRoots(host);
  expect(await findCgroups(host, roots!, 10)).toHaveLength(0);
  expect(listed).toBeLessThanOrEqual(4_000);
});
