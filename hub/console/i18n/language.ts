export type Language = 'ko' | 'en';

/** The URL wins, then the saved choice, then the browser: Korean for `ko*`, else English. */
export function chooseLanguage(url: Language | null, saved: string | null, browser: string): Language {
  if (url !== null) return url;
  if (saved === 'ko' || saved === 'en') return saved;
  return browser.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}
