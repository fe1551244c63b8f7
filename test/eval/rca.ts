import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { rcaMethods } from '../../hub/src/rca/index.ts';
import { evidenceOf, type RcaCase } from '../../hub/src/rca/rca-method.ts';
import { defineEval, readFlags } from './eval.ts';
import { readCase, readCases } from './rca-case.ts';

interface Ranked {
  readonly service: string;
  readonly metric?: string;
  readonly score: number;
}

/** Causes of every labelled case, best first, by the methods that the hub runs. */
export const rcaEval = defineEval({
  name: 'rca',
  usage: 'rca --root DIR --out F',
  async run(args, print) {
    const { root, out } = readFlags(args, ['root', 'out']);
    const answers: Record<string, readonly Ranked[]> = {};
    for (const entry of await readCases(root)) {
      const ranked = rank(await readCase(root, entry));
      answers[entry.id] = ranked;
      print(
        `${entry.id}: ${ranked
          .slice(0, 3)
          .map(({ service, score }) => `${service} ${score.toFixed(2)}`)
          .join(', ')}`,
      );
    }
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, JSON.stringify(answers));
  },
});

/** Evidence of all methods added up, as for an incident; every entity is in the answer. */
function rank(facts: RcaCase): Ranked[] {
  const scores = new Map(facts.entities.map((entity) => [entity, 0]));
  const metrics = new Map<string, { readonly metric: string; readonly weight: number }>();
  for (const method of rcaMethods) {
    for (const suspect of method.suspects(facts)) {
      const evidence = evidenceOf(suspect);
      scores.set(suspect.entity, (scores.get(suspect.entity) ?? 0) + evidence);
      const best = metrics.get(suspect.entity);
      if (suspect.metric !== null && evidence > (best?.weight ?? 0)) {
        metrics.set(suspect.entity, { metric: suspect.metric, weight: evidence });
      }
    }
  }
  return [...scores]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([service, score]) => {
      const metric = metrics.get(service)?.metric;
      return metric === undefined ? { service, score } : { service, metric, score };
    });
}
