/** `service:nginx@web-1` → `nginx@web-1`, `host:web-1` → `web-1`: names are shown, kinds are implied by where they stand. */
export function entityName(entity: string): string {
  const colon = entity.indexOf(':');
  return colon === -1 ? entity : entity.slice(colon + 1);
}
