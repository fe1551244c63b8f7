import { isIP } from 'node:net';
import { z } from 'zod';

/** Where to listen: an address of this host and a port, `null` for not at all. */
export const listenAddress = z
  .string()
  .regex(/^(?:\[[0-9a-f:]+\]|[0-9.]+):\d{1,5}$/i, 'address:port, IPv6 in brackets')
  .refine((place) => {
    const { host, port } = placeOf(place);
    return isIP(host) !== 0 && port <= 65_535;
  }, 'an address of this host, and a port up to 65535')
  .nullable()
  .default(null);

export function placeOf(place: string): { readonly host: string; readonly port: number } {
  const at = place.lastIndexOf(':');
  return { host: place.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(place.slice(at + 1)) };
}
