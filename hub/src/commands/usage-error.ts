import { nearestKey } from '@airis/protocol';
import { HubError } from '../errors.ts';
import { ROLES, type UserRole } from '../store/state/access.ts';

/** Exit code 2: the command line was not understood. */
export function usageError(message: string, hint: string): HubError {
  return new HubError('USAGE', message, hint);
}

export function unknownWord(word: string | undefined, known: readonly string[], what: string): HubError {
  const nearest = word === undefined ? null : nearestKey(word, known);
  const found = word === undefined ? `${what} is missing` : `unknown ${what} ${word}`;
  return usageError(nearest === null ? found : `${found}; did you mean ${nearest}?`, `one of: ${known.join(', ')}`);
}

export function roleFrom(text: string | undefined, fallback: UserRole): UserRole {
  if (text === undefined) return fallback;
  const role = ROLES.find((each) => each === text);
  if (role === undefined) throw unknownWord(text, ROLES, 'role');
  return role;
}

export function required(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw usageError(`${name} is missing`, 'see --help');
  return value;
}
