import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { createFormat, type Format } from './format.ts';
import type { Language } from './language.ts';
import { createTranslate, type Translate } from './translate.ts';

export interface I18n {
  readonly language: Language;
  readonly t: Translate;
  readonly format: Format;
  /** The reader's side of a sentence that the hub wrote in both languages. */
  readonly pick: (text: { readonly ko: string; readonly en: string }) => string;
}

const I18nContext = createContext<I18n | null>(null);

export function I18nProvider({ language, children }: { readonly language: Language; readonly children: ReactNode }) {
  const i18n = useMemo<I18n>(
    () => ({
      language,
      t: createTranslate(language),
      format: createFormat(language),
      pick: (text) => text[language],
    }),
    [language],
  );
  return <I18nContext value={i18n}>{children}</I18nContext>;
}

export function useI18n(): I18n {
  const i18n = useContext(I18nContext);
  if (i18n === null) throw new Error('useI18n is used below I18nProvider only');
  return i18n;
}
