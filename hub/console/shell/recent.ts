import { readSaved, save } from './saved.ts';

/** Kept in this browser: the ids of what was chosen in the palette, newest first. */
const MOST = 6;
const SEPARATOR = '\n';

export const readRecent = (): readonly string[] =>
  (readSaved('recent') ?? '')
    .split(SEPARATOR)
    .filter((id) => id !== '')
    .slice(0, MOST);

export function addRecent(id: string): void {
  const others = readRecent().filter((one) => one !== id);
  save('recent', [id, ...others].slice(0, MOST).join(SEPARATOR));
}
