const PREFIX = 'airis.';

/** A choice kept in this browser; `null` also where storage is switched off. */
export function readSaved(name: 'language' | 'theme' | 'menu' | 'recent'): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function save(name: 'language' | 'theme' | 'menu' | 'recent', value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is switched off in this browser: the choice then lives in the URL alone.
    return;
  }
}
