import type { Finding } from '@airis/protocol';

/**
 * What a finding is about, coarsely: the service that is missing, a host's CPU, one of its file systems. Two findings of
 * one trouble are the same problem coming back. Older agents name no trouble: it is read from what they measured.
 */
export function troubleKeyOf(finding: Finding): string {
  const { entity, kind, trouble, evidence } = finding;
  const place = evidence.find((item) => item.kind === 'file-system')?.ref ?? '';
  if (trouble !== '') return `${entity} ${trouble} ${place}`.trimEnd();
  if (kind === 'missing' || !entity.startsWith('host:')) return entity;
  const metric = evidence.find((item) => item.metric !== undefined)?.metric;
  // `system.cpu.utilization` and `system.cpu.time` are one area.
  const area = metric?.split('.').slice(0, 2).join('.') ?? kind;
  return `${entity} ${area} ${place}`.trimEnd();
}
