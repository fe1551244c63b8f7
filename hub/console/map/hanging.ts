import type { Topology, TopologyAttachment } from '../api/types.ts';

/** A service whose machine hangs on a device. */
export interface Hanging {
  readonly service: string;
  readonly device: string;
  /** Several cards of one machine may hang on one device. */
  readonly ports: readonly TopologyAttachment[];
}

/** Which services of the map stand on machines that hang on which devices. */
export function hangingServices({ nodes, attachments }: Topology): readonly Hanging[] {
  return [...Map.groupBy(attachments, ({ host, device }) => `${host} ${device}`).values()].flatMap((ports) => {
    const { host, device } = ports[0]!; // A group has at least one.
    return nodes
      .filter((node) => node.host === host || node.runsOn === host)
      .map(({ entity: service }): Hanging => ({ service, device, ports }));
  });
}
