import { createHash } from 'node:crypto';
import type { Host } from '../collectors/host.ts';

/**
 * The same for all agents to which `127.0.0.1` is the same place, until the machine boots again: a digest of its id, its
 * boot's and the network namespace's, told by nothing else. `null` where there is no boot id.
 */
export async function machineId(host: Host): Promise<string | null> {
  const boot = (await host.tryReadText('/proc/sys/kernel/random/boot_id'))?.trim() ?? '';
  if (boot === '') return null;
  const machine = (await host.tryReadText('/etc/machine-id'))?.trim() ?? '';
  const network = host.readLink('/proc/self/ns/net') ?? '';
  return createHash('sha256').update(`airis-machine\0${machine}\0${boot}\0${network}`).digest('hex').slice(0, 32);
}
