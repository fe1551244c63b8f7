/**
 * The agent id that a host's name suggests: its first label as a lower-case DNS label. A name with nothing usable in
 * it gives `host`.
 */
export function agentNameFrom(hostName: string): string {
  const firstLabel = hostName.split('.')[0] ?? '';
  const slug = firstLabel
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return slug === '' ? 'host' : slug;
}
