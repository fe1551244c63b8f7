import { useI18n } from '../i18n/i18n.tsx';
import type { Language } from '../i18n/language.ts';
import { save } from './saved.ts';
import { useTheme } from './theme.tsx';
import { useUrl } from './use-url.ts';

/** Language and theme: saved in this browser, and written to the URL so that the address shows what is seen. */
export function useChoices() {
  const { update } = useUrl();
  const { language } = useI18n();
  const { theme } = useTheme();
  const setLanguage = (next: Language): void => {
    save('language', next);
    update({ language: next }, { replace: true });
  };
  return {
    setLanguage,
    toggleLanguage: () => setLanguage(language === 'ko' ? 'en' : 'ko'),
    toggleTheme: () => {
      const next = theme === 'dark' ? 'light' : 'dark';
      save('theme', next);
      update({ theme: next }, { replace: true });
    },
  };
}
