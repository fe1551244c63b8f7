/** What a key does. Pages register what they can answer; the help sheet lists exactly those. */
export type Action =
  | 'palette'
  | 'filter'
  | 'help'
  | 'next'
  | 'previous'
  | 'open'
  | 'close'
  | 'time'
  | 'refresh'
  | 'pause'
  | 'copy-link'
  | 'collapse'
  | 'theme'
  | 'language'
  | 'note'
  | 'zoom-in'
  | 'zoom-out'
  | 'errors-only'
  | `evidence:${string}`
  | `go:${string}`;

/** The part of a `KeyboardEvent` that matters, so that the table can be tested without a browser. */
export interface KeyPress {
  readonly code: string;
  readonly isModified: boolean;
  readonly isShifted: boolean;
  /** A Korean (or other) input method is composing: the key belongs to it. */
  readonly isComposing: boolean;
  /** Focus is in a text field: single letters are text. */
  readonly isInText: boolean;
  /** Focus is on a button or link: Enter and Space are its own. */
  readonly isOnControl: boolean;
}

const singles: Readonly<Record<string, Action>> = {
  Slash: 'filter',
  KeyJ: 'next',
  KeyK: 'previous',
  KeyD: 'time',
  KeyR: 'refresh',
  KeyC: 'copy-link',
  KeyT: 'theme',
  KeyL: 'language',
  KeyM: 'note',
  KeyE: 'errors-only',
  Equal: 'zoom-in',
  NumpadAdd: 'zoom-in',
  Minus: 'zoom-out',
  NumpadSubtract: 'zoom-out',
  BracketLeft: 'collapse',
};

export type ShortcutMatch = { readonly action: Action } | { readonly pending: 'g' } | null;

/**
 * Matches by `code`, the place of the key: with a Korean layout `ㅓ` sits on KeyJ and works as `j`.
 *
 * @param isAfterG - the key before was `g`, within a second
 */
export function matchShortcut(press: KeyPress, isAfterG: boolean): ShortcutMatch {
  if (press.isComposing) return null;
  if (press.isModified) return press.code === 'KeyK' && !press.isShifted ? { action: 'palette' } : null;
  if (press.code === 'Escape') return { action: 'close' };
  if (press.isInText) return null;
  if (press.isShifted) {
    if (press.code === 'Equal') return { action: 'zoom-in' };
    return press.code === 'Slash' ? { action: 'help' } : null;
  }
  if (isAfterG) return press.code.startsWith('Key') ? { action: `go:${press.code}` } : null;
  if (press.code === 'KeyG') return { pending: 'g' };
  if (press.code === 'Enter') return press.isOnControl ? null : { action: 'open' };
  if (press.code === 'Space') return press.isOnControl ? null : { action: 'pause' };
  if (/^Digit[1-9]$/.test(press.code)) return { action: `evidence:E${press.code.slice(5)}` };
  const action = singles[press.code];
  return action === undefined ? null : { action };
}
