/** `ip:port`, IPv6 in brackets, as agents write it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The parts of an address, or null where the text is none. An IPv4 address inside IPv6 reads as the IPv4 one. */
export function readAddress(text: string): Address | null {
  const match = /^(?:\[([^\]]+)\]|([^:]+)|(\*)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const host = (match[1] ?? match[2] ?? '*').toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  const port = Number(match[4]);
  return port > 0 && port <= 65_535 ? { host, port } : null;
}

export const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1' || host === 'localhost';
/** Listens on every address of its machine. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === '*';
