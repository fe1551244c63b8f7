import { defineCollector, noConfig, stateless } from './collector.ts';

/** Seconds since the machine started, from /proc/uptime. */
export const uptimeCollector = defineCollector({
  name: 'uptime',
  config: noConfig,
  emits: { 'system.uptime': { unit: 's', kind: 'gauge', about: 'time since the machine started' } },
  everyMs: 10_000,
  state: stateless,
  async collect(host, _config, out) {
    const match = /^(\d+\.\d+) /.exec(await host.readText('/proc/uptime'));
    if (match !== null) out.write('system.uptime', Number(match[1]));
  },
});
