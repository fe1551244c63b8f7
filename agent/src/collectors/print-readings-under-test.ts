import { createHost } from './host.ts';
import { collectors } from './index.ts';

/** `print-readings-under-test.ts NAME SETTINGS READINGS`: a collector's samples, one reading a line of JSON, as fast as it goes. */
const [name, settings = '{}', readings = '1', everyMs = '0'] = process.argv.slice(2);
const definition = collectors.find((one) => one.name === name);
if (definition === undefined) throw new Error(`no collector ${name}`);
const collector = definition.create(JSON.parse(settings));
for (let reading = 0; reading < Number(readings); reading++) {
  if (reading > 0) await new Promise((resolve) => setTimeout(resolve, Number(everyMs)));
  const samples: object[] = [];
  await collector.collect(createHost(), {
    write: (metric, value, attributes) => samples.push({ metric, value, attributes }),
  });
  process.stdout.write(`${JSON.stringify(samples)}\n`);
}
process.exit(0);
