import { defineCollector, noConfig, type SampleWriter, stateless } from './collector.ts';

const ratio = (about: string) => ({ unit: '1', kind: 'gauge', about }) as const;

/**
 * How full the kernel's tables of a fixed size are: when one is, nothing new can be opened, and few programs say so.
 * The entropy pool is none any more: since Linux 5.18 it is never empty.
 */
export const kernelTablesCollector = defineCollector({
  name: 'kernel-tables',
  config: noConfig,
  everyMs: 5_000,
  emits: {
    'airis.file_descriptor.count': { unit: '{file_descriptor}', kind: 'gauge', about: 'open files of the whole host' },
    'airis.file_descriptor.limit': {
      unit: '{file_descriptor}',
      kind: 'gauge',
      about: 'how many may be open; processes have smaller limits of their own',
    },
    'airis.file_descriptor.utilization': ratio('open files of those allowed, 0..1'),
    'airis.conntrack.count': {
      unit: '{connection}',
      kind: 'gauge',
      about: 'connections the firewall follows; nothing where it follows none',
    },
    'airis.conntrack.limit': { unit: '{connection}', kind: 'gauge', about: 'how many it can follow' },
    'airis.conntrack.utilization': ratio('followed of those it can, 0..1; when full, new connections are dropped'),
  },
  state: stateless,
  applies: async (host) => (await host.tryReadText('/proc/sys/fs/file-nr')) !== null,
  async collect(host, _config, out) {
    // `allocated unused limit`; since 2.6 the second is always 0.
    const files = /^(\d+)\s+\d+\s+(\d+)\n/.exec(await host.readText('/proc/sys/fs/file-nr'));
    if (files !== null) write('file_descriptor', Number(files[1]), Number(files[2]), out);
    const count = wholeNumber(await host.tryReadText('/proc/sys/net/netfilter/nf_conntrack_count'));
    const limit = wholeNumber(await host.tryReadText('/proc/sys/net/netfilter/nf_conntrack_max'));
    if (count !== null && limit !== null) write('conntrack', count, limit, out);
  },
});

function write(table: 'file_descriptor' | 'conntrack', count: number, limit: number, out: SampleWriter): void {
  out.write(`airis.${table}.count`, count);
  out.write(`airis.${table}.limit`, limit);
  if (limit > 0) out.write(`airis.${table}.utilization`, Math.min(1, count / limit));
}

/** A torn number may have lost digits, so only one with its newline counts. */
function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d+\n$/.test(text) ? Number(text) : null;
}
