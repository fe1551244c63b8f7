import type { Attributes } from '@airis/protocol';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, noConfig } from './collector.ts';
import type { Host } from './host.ts';

const HWMON = '/sys/class/hwmon';
const ZONES = '/sys/class/thermal';
/** Sensors reported; a server with very many processors and disks has some dozens. */
const SENSOR_LIMIT = 64;
/** What a sensor that is not connected says is far outside. */
const COLDEST = -100;
const HOTTEST = 250;

export interface Sensor {
  /** `coretemp/temp1`; of a second chip of the same kind `coretemp.2/temp1`. Other drivers do not change it. */
  readonly id: string;
  /** As the driver labels it: `Package id 0`. */
  readonly name: string;
  readonly celsius: number;
  /** Above which the hardware is in danger, where the driver knows. */
  readonly criticalCelsius: number | null;
}

/** Temperatures, from hwmon, and from thermal zones that hwmon does not show. Virtual machines mostly have none. */
export const temperatureCollector = defineCollector({
  name: 'temperature',
  config: noConfig,
  everyMs: 10_000,
  emits: {
    'hw.temperature': { unit: 'Cel', kind: 'gauge', about: 'what a sensor shows' },
    'hw.temperature.limit': {
      unit: 'Cel',
      kind: 'gauge',
      about: 'its critical temperature, where the driver knows it',
    },
  },
  state: () => ({
    of: new BoundedAttributes(SENSOR_LIMIT, (key) => JSON.parse(key) as Attributes),
    limit: new BoundedAttributes(SENSOR_LIMIT, (key) => ({ ...JSON.parse(key), 'hw.limit_type': 'high.critical' })),
  }),
  applies: async (host) => (await readSensors(host)).length > 0,
  async collect(host, _config, out, { of, limit }) {
    for (const { id, name, celsius, criticalCelsius } of await readSensors(host)) {
      const key = JSON.stringify({ 'hw.id': id, 'hw.name': name });
      const attributes = of.get(key);
      if (attributes === null) continue;
      out.write('hw.temperature', celsius, attributes);
      if (criticalCelsius === null) continue;
      const limitAttributes = limit.get(key);
      if (limitAttributes !== null) out.write('hw.temperature.limit', criticalCelsius, limitAttributes);
    }
  },
});

export async function readSensors(host: Host): Promise<Sensor[]> {
  const chips = new Map<string, number>();
  const sensors: Sensor[] = [];
  const shown = new Set<string>();
  for (const folder of inOrder(await host.list(HWMON), 'hwmon')) {
    const chip = clean(await host.tryReadText(`${HWMON}/${folder}/name`), folder);
    const of = numbered(chip, chips);
    shown.add(chip);
    for (const file of inOrder(await host.list(`${HWMON}/${folder}`), 'temp', '_input')) {
      const sensor = file.slice(0, -'_input'.length);
      const at = `${HWMON}/${folder}/${sensor}`;
      const celsius = milliCelsius(await host.tryReadText(`${at}_input`));
      if (celsius === null) continue;
      const label = clean(await host.tryReadText(`${at}_label`), sensor);
      const criticalCelsius = milliCelsius(await host.tryReadText(`${at}_crit`));
      sensors.push({ id: `${of}/${sensor}`, name: `${chip} ${label}`, celsius, criticalCelsius });
    }
  }
  for (const folder of inOrder(await host.list(ZONES), 'thermal_zone')) {
    const type = clean(await host.tryReadText(`${ZONES}/${folder}/type`), folder);
    // The kernel shows most zones as a chip of the same name too.
    if (shown.has(type) || shown.has(type.replaceAll('-', '_'))) continue;
    const celsius = milliCelsius(await host.tryReadText(`${ZONES}/${folder}/temp`));
    if (celsius !== null) sensors.push({ id: numbered(type, chips), name: type, celsius, criticalCelsius: null });
  }
  return sensors.slice(0, SENSOR_LIMIT);
}

/** Entries `prefix<number>suffix` by their number. */
function inOrder(entries: readonly string[], prefix: string, suffix = ''): string[] {
  const pattern = new RegExp(`^${prefix}(\\d{1,4})${suffix}$`);
  return entries
    .flatMap((entry) => {
      const number = pattern.exec(entry)?.[1];
      return number === undefined ? [] : [{ entry, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number)
    .slice(0, SENSOR_LIMIT)
    .map(({ entry }) => entry);
}

function numbered(name: string, seen: Map<string, number>): string {
  const count = (seen.get(name) ?? 0) + 1;
  seen.set(name, count);
  return count === 1 ? name : `${name}.${count}`;
}

const clean = (text: string | null, otherwise: string): string => {
  const name = (text ?? '').trim().replace(/[^\w .+-]/g, '_');
  return name === '' ? otherwise : name.slice(0, 60);
};

function milliCelsius(text: string | null): number | null {
  if (text === null || !/^-?\d+\n$/.test(text)) return null;
  const celsius = Number(text) / 1_000;
  return celsius > COLDEST && celsius < HOTTEST ? celsius : null;
}
