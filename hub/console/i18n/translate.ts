import { en } from './en.ts';
import { ko } from './ko.ts';
import type { Language } from './language.ts';

export type MessageKey = keyof typeof ko;
export type MessageValues = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, values?: MessageValues) => string;

const messages: Record<Language, Record<MessageKey, string>> = { ko, en };

/**
 * `{name}` puts a value in; `{count:host|hosts}` picks a word by the number (one, then every other count).
 * A name without a value stays visible in braces, so that a mistake is seen and not hidden.
 */
export function createTranslate(language: Language): Translate {
  const plural = new Intl.PluralRules(language);
  return (key, values = {}) =>
    messages[language][key].replace(
      /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g,
      (whole, name: string, one?: string, other?: string) => {
        const value = values[name];
        if (value === undefined) return whole;
        if (other === undefined) return String(value);
        return plural.select(Number(String(value).replaceAll(',', ''))) === 'one' ? (one ?? '') : other;
      },
    );
}
