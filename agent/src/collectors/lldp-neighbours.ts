import { deviceEntity } from '@airis/protocol';
import { z } from 'zod';
import { maskOwnText } from '../gate/mask-event.ts';
import { printable } from '../gate/mask-text.ts';
import type { LinkSeen } from './collector.ts';

/** Neighbours of one host that are taken; a wire has two ends, a hub or a loop many. */
const NEIGHBOUR_LIMIT = 32;
const NAME_LENGTH = 120;

const texts = z.array(z.object({ value: z.string() })).optional();
const ids = z.array(z.object({ type: z.string().optional(), value: z.string() })).optional();

/** What `lldpcli -f json0 show neighbors` prints, as far as it is used. */
const answer = z.object({
  lldp: z.array(
    z.object({
      interface: z
        .array(
          z.object({
            name: z.string(),
            chassis: z.array(z.object({ id: ids, name: texts, 'mgmt-ip': texts })).optional(),
            port: z.array(z.object({ id: ids, descr: texts })).optional(),
          }),
        )
        .optional(),
    }),
  ),
});

/**
 * Which port of which device each interface hangs on, in the devices' own words.
 *
 * @throws SyntaxError or ZodError for what lldpcli does not print
 */
export function parseNeighbours(text: string): LinkSeen[] {
  const interfaces = answer.parse(JSON.parse(text)).lldp.flatMap((one) => one.interface ?? []);
  return interfaces.slice(0, NEIGHBOUR_LIMIT).flatMap(({ name, chassis, port }): LinkSeen[] => {
    const device = cleaned(chassis?.[0]?.name?.[0]?.value ?? chassis?.[0]?.id?.[0]?.value);
    const id = cleaned(port?.[0]?.id?.[0]?.value);
    const description = cleaned(port?.[0]?.descr?.[0]?.value);
    if (device === '' || (id === '' && description === '')) return [];
    // An id that is a number of the hardware says less than what people call the port.
    const isName = port?.[0]?.id?.[0]?.type !== 'mac' && id !== '';
    return [
      {
        interfaceName: cleaned(name),
        device: deviceEntity(device),
        deviceName: device,
        port: isName || description === '' ? id : description,
        address: cleaned(chassis?.[0]?.['mgmt-ip']?.[0]?.value) || null,
      },
    ];
  });
}

/** Masked before an id is made of it: what is lower case with dashes is not known for what it is. */
const cleaned = (text: string | undefined): string =>
  maskOwnText(
    printable(text ?? '')
      .trim()
      .slice(0, NAME_LENGTH),
  );
