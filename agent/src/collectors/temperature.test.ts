import { expect, it } from 'vitest';
import { hostOfFiles } from './host-of-files-under-test.ts';
import { readSensors, temperatureCollector } from './temperature.ts';

const files = {
  '/sys/class/hwmon/hwmon10/name': 'nvme\n',
  '/sys/class/hwmon/hwmon10/temp1_input': '41850\n',
  '/sys/class/hwmon/hwmon10/temp1_label': 'Composite\n',
  '/sys/class/hwmon/hwmon10/temp1_crit': '84850\n',
  '/sys/class/hwmon/hwmon2/name': 'nvme\n',
  '/sys/class/hwmon/hwmon2/temp1_input': '38850\n',
  '/sys/class/hwmon/hwmon3/name': 'coretemp\n',
  '/sys/class/hwmon/hwmon3/temp2_input': '-5000\n',
  '/sys/class/hwmon/hwmon3/temp2_label': 'Core 0\u001b[31m\n',
  // Not connected, torn, and no number.
  '/sys/class/hwmon/hwmon3/temp3_input': '-273150\n',
  '/sys/class/hwmon/hwmon3/temp4_input': '4',
  '/sys/class/hwmon/hwmon3/temp5_input': 'x\n',
  '/sys/class/thermal/thermal_zone0/type': 'coretemp\n',
  '/sys/class/thermal/thermal_zone0/temp': '50000\n',
  '/sys/class/thermal/thermal_zone1/type': 'x86_pkg_temp\n',
  '/sys/class/thermal/thermal_zone1/temp': '52000\n',
};

it('reads hwmon, and zones that hwmon does not show', async () => {
  expect(await readSensors(hostOfFiles(files))).toEqual([
    { id: 'nvme/temp1', name: 'nvme temp1', celsius: 38.85, criticalCelsius: null },
    { id: 'coretemp/temp2', name: 'coretemp Core 0_[31m'.replace('[', '_'), celsius: -5, criticalCelsius: null },
    { id: 'nvme.2/temp1', name: 'nvme Composite', celsius: 41.85, criticalCelsius: 84.85 },
    { id: 'x86_pkg_temp', name: 'x86_pkg_temp', celsius: 52, criticalCelsius: null },
  ]);
});

it('applies only where there is a sensor, and reports no more than 64', async () => {
  const collector = temperatureCollector.create(undefined);
  expect(await collector.applies(hostOfFiles({}))).toBe(false);
  expect(await collector.applies(hostOfFiles(files))).toBe(true);
  const zones = Array.from({ length: 500 }, (_, i) => `/sys/class/thermal/thermal_zone${i}`);
  const many = Object.fromEntries(
    zones.flatMap((zone, i) => [
      [`${zone}/type`, `z${i}\n`],
      [`${zone}/temp`, '1000\n'],
    ]),
  );
  expect(await readSensors(hostOfFiles(many))).toHaveLength(64);
});
