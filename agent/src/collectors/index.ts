import type { Collector, CollectorDefinition } from './collector.ts';

/** Every collector there is; a new one is one file and one line. */
export const collectors: readonly CollectorDefinition[] = [];

/** The collectors with their settings by name; an absent setting means the defaults. */
export function createCollectors(settings: Readonly<Record<string, unknown>> = {}): Collector[] {
  return collectors.map((definition) => definition.create(settings[definition.name]));
}
