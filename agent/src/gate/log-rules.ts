import { ok, type Result, refused } from '@airis/protocol';
import { parse } from 'yaml';
import { z } from 'zod';
import { pathMatcher } from '../collectors/path-pattern.ts';

/** `private`: only counts and masked templates leave. `general`: masked lines may leave too. */
export type LogClass = 'general' | 'private';

export const FLOOR_PATH = '/etc/airis-agent/floor.yaml';

const patterns = (otherwise: readonly string[], about: string) =>
  z
    .array(z.string().max(300))
    .max(200)
    .default([...otherwise])
    .describe(about);

/**
 * What root allows at most, whatever the hub wants and the agent's own settings say. Patterns: `*` within one folder,
 * `**` across folders; a source is a path or `journal:<unit>`.
 */
export const floorSchema = z.strictObject({
  logs: z
    .strictObject({
      mayBeGeneral: patterns(['**'], 'sources that the hub may name general; all others stay private'),
      alwaysPrivate: patterns([], 'sources that stay private whatever else says'),
    })
    .prefault({}),
  paths: z
    .strictObject({
      mayRead: patterns(
        ['**'],
        'files that may be read, as they are named and where they really lie; /proc and /sys always may, the journal is `journal:`',
      ),
      never: patterns([], 'files that may not, whatever else says'),
    })
    .prefault({}),
  targets: z
    .strictObject({
      mayCall: patterns(['**'], 'what may be asked for figures: `address:port`, or the path of a socket'),
      never: patterns([], 'what may not, whatever else says'),
    })
    .prefault({}),
  questions: z
    .strictObject({
      mayAsk: patterns(['**'], 'questions of the hub that are answered: `window`, `trace`, `threads`, `replay`'),
      never: patterns([], 'those that are not, whatever else says'),
    })
    .prefault({}),
});
export type Floor = z.output<typeof floorSchema>;

/** For a host without floor.yaml: what the hub names general is general, all else private. */
export const openFloor: Floor = floorSchema.parse({});
/** For a floor.yaml that cannot be understood: the agent tells of the kernel's own figures and nothing else. */
export const closedFloor: Floor = {
  logs: { mayBeGeneral: [], alwaysPrivate: ['**'] },
  paths: { mayRead: [], never: ['**'] },
  targets: { mayCall: [], never: ['**'] },
  questions: { mayAsk: [], never: ['**'] },
};

/** Whether a text fits one of `allowed` and none of `never`. */
export function allows(allowed: readonly string[], never: readonly string[]): (text: string) => boolean {
  const yes = allowed.map(pathMatcher);
  const no = never.map(pathMatcher);
  return (text) => yes.some((fits) => fits(text)) && !no.some((fits) => fits(text));
}

export function parseFloor(text: string): Result<Floor, 'floor-invalid'> {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (error) {
    return refused('floor-invalid', error instanceof Error ? error.message.slice(0, 300) : 'not YAML');
  }
  const floor = floorSchema.safeParse(document);
  return floor.success ? ok(floor.data) : refused('floor-invalid', z.prettifyError(floor.error).slice(0, 300));
}

/** Class of a source: general only where the hub's rules name it and the floor does not forbid it. */
export function logClassifier(generalLogSources: readonly string[], { logs }: Floor): (source: string) => LogClass {
  const wanted = generalLogSources.map(pathMatcher);
  const mayBe = allows(logs.mayBeGeneral, logs.alwaysPrivate);
  const known = new Map<string, LogClass>();
  return (source) => {
    const before = known.get(source);
    if (before !== undefined) return before;
    const isGeneral = mayBe(source) && wanted.some((fits) => fits(source));
    const logClass = isGeneral ? 'general' : 'private';
    if (known.size < SOURCES_REMEMBERED) known.set(source, logClass);
    return logClass;
  };
}

const SOURCES_REMEMBERED = 1_000;
