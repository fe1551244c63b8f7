import { ok, type Result, refused } from '@airis/protocol';
import { parse } from 'yaml';
import { z } from 'zod';
import { pathMatcher } from '../collectors/path-pattern.ts';

/** `private`: only counts and masked templates leave. `general`: masked lines may leave too. */
export type LogClass = 'general' | 'private';

export const FLOOR_PATH = '/etc/airis-agent/floor.yaml';

/** What root allows at most, whatever the hub wants; patterns over a source's path or `journal:<unit>`, `**` crosses folders. */
export const floorSchema = z.strictObject({
  logs: z
    .strictObject({
      mayBeGeneral: z
        .array(z.string().max(300))
        .max(200)
        .default(['**'])
        .describe('sources that the hub may name general; all others stay private'),
      alwaysPrivate: z
        .array(z.string().max(300))
        .max(200)
        .default([])
        .describe('sources that stay private whatever else says'),
    })
    .prefault({}),
});
export type Floor = z.output<typeof floorSchema>;

/** For a host without floor.yaml: what the hub names general is general, all else private. */
export const openFloor: Floor = floorSchema.parse({});
/** For a floor.yaml that cannot be understood: nothing is general until it can. */
export const closedFloor: Floor = { logs: { mayBeGeneral: [], alwaysPrivate: ['**'] } };

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
  const allowed = logs.mayBeGeneral.map(pathMatcher);
  const barred = logs.alwaysPrivate.map(pathMatcher);
  const matches = (patterns: readonly ((path: string) => boolean)[], source: string) =>
    patterns.some((is) => is(source));
  const known = new Map<string, LogClass>();
  return (source) => {
    const before = known.get(source);
    if (before !== undefined) return before;
    const isGeneral = matches(wanted, source) && matches(allowed, source) && !matches(barred, source);
    const logClass = isGeneral ? 'general' : 'private';
    if (known.size < SOURCES_REMEMBERED) known.set(source, logClass);
    return logClass;
  };
}

const SOURCES_REMEMBERED = 1_000;
