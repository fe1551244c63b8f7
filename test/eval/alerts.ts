import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { createAlertCorrelator } from '../../hub/src/incident/alert-correlation.ts';
import { defineEval, readFlags } from './eval.ts';

const alertLine = z.object({
  id: z.string(),
  ts: z.number(),
  service: z.string(),
  metric: z.string(),
  severity: z.string(),
  topology: z.string(),
});
const topologyFile = z.object({ edges: z.array(z.tuple([z.string(), z.string()])) });

/** Incident of every alert of a stream, decided as the hub would decide it while they come. */
export const alertsEval = defineEval({
  name: 'alerts',
  usage: 'alerts --input alerts.jsonl --root DIR --out F',
  async run(args, print) {
    const { input, root, out } = readFlags(args, ['input', 'root', 'out']);
    const lines = (await readFile(input, 'utf8')).split('\n').filter((line) => line !== '');
    const alerts = lines.map((line) => alertLine.parse(JSON.parse(line)));
    const topology = alerts[0]?.topology;
    const calls =
      topology === undefined ? [] : topologyFile.parse(JSON.parse(await readFile(join(root, topology), 'utf8'))).edges;
    const correlator = createAlertCorrelator(calls);
    const decisions = alerts.flatMap(({ ts, ...alert }) => correlator.take({ ...alert, timeUnixMs: ts * 1_000 }));
    decisions.push(...correlator.advance(Number.POSITIVE_INFINITY));
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, decisions.map((decision) => `${JSON.stringify(decision)}\n`).join(''));
    const incidents = new Set(decisions.flatMap(({ incident }) => (incident === null ? [] : [incident])));
    print(`${alerts.length} alerts, ${incidents.size} incidents`);
  },
});
