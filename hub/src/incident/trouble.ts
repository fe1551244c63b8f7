import type { Finding } from '@airis/protocol';

/**
 * What a finding is about, coarsely: the service that is missing, a host's CPU, one of its file systems. Two findings of
 * one trouble are the same problem coming back; `null` is too unspecific to say so.
 */
export function troubleOf(finding: Finding): string | null {
  const { entity, kind, evidence } = finding;
  if (kind === 'multivariate') return null;
  if (kind === 'missing' || !entity.startsWith('host:')) return entity;
  const place = evidence.find((item) => item.kind === 'file-system')?.ref ?? '';
  const metric = evidence.find((item) => item.metric !== undefined)?.metric;
  // `system.cpu.utilization` and `system.cpu.time` are one area.
  const area = metric?.split('.').slice(0, 2).join('.') ?? kind;
  return `${entity} ${area} ${place}`.trimEnd();
}
