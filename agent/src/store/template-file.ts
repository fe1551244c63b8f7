import { type SavedTemplates, savedTemplatesSchema } from '@airis/models';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import { TextFile } from './text-file.ts';

/** Templates of the busiest sources are kept up to here; the rest learn anew after a restart. */
const TEXT_LIMIT = 4 * 1024 * 1024;
const schema = z.record(z.string(), savedTemplatesSchema);

/** What was learnt of log templates, so that a restarted agent does not take old lines for new ones. */
export class TemplateFile {
  readonly #file: TextFile;
  readonly #log: Log;

  constructor(path: string, log: Log, onRefused?: (reason: string) => void) {
    this.#file = new TextFile(path, log, onRefused);
    this.#log = log;
  }

  load(): Record<string, SavedTemplates> {
    const text = this.#file.load();
    if (text === null || text.length > 2 * TEXT_LIMIT) return {};
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      this.#log.warn('TEMPLATES_UNREADABLE', 'log templates are learnt anew', { error: errorText(error) });
      return {};
    }
  }

  save(templates: Readonly<Record<string, SavedTemplates>>): void {
    const kept: string[] = [];
    let length = 0;
    for (const [source, one] of Object.entries(templates).sort(([, a], [, b]) => b.lines - a.lines)) {
      const text = `${JSON.stringify(source)}:${JSON.stringify(one)}`;
      length += text.length;
      if (length > TEXT_LIMIT) break;
      kept.push(text);
    }
    this.#file.save(`{${kept.join(',')}}`);
  }
}
