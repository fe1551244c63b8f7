import { createContext, type ReactNode, useContext, useLayoutEffect, useMemo } from 'react';
import type { Theme } from './url-state.ts';

interface ThemeControl {
  readonly theme: Theme;
}

const ThemeContext = createContext<ThemeControl>({ theme: 'dark' });

/** The URL wins, then the saved choice, then the system's. */
export function chooseTheme(url: Theme | null, saved: string | null, systemPrefersLight: boolean): Theme {
  if (url !== null) return url;
  if (saved === 'dark' || saved === 'light') return saved;
  return systemPrefersLight ? 'light' : 'dark';
}

export function ThemeProvider({ theme, children }: { readonly theme: Theme; readonly children: ReactNode }) {
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const control = useMemo(() => ({ theme }), [theme]);
  return <ThemeContext value={control}>{children}</ThemeContext>;
}

export const useTheme = (): ThemeControl => useContext(ThemeContext);
