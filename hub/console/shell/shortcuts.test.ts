import { describe, expect, it } from 'vitest';
import { type KeyPress, matchShortcut } from './shortcuts.ts';

const press = (code: string, more: Partial<KeyPress> = {}): KeyPress => ({
  code,
  isModified: false,
  isShifted: false,
  isComposing: false,
  isInText: false,
  isOnControl: false,
  ...more,
});

describe('shortcuts', () => {
  it.each([
    ['j by place', press('KeyJ'), { action: 'next' }],
    ['⌘K also in a text field', press('KeyK', { isModified: true, isInText: true }), { action: 'palette' }],
    ['? as shift and slash', press('Slash', { isShifted: true }), { action: 'help' }],
    ['g waits for a second key', press('KeyG'), { pending: 'g' }],
    ['Enter opens the row', press('Enter'), { action: 'open' }],
    ['Enter on a button is the button', press('Enter', { isOnControl: true }), null],
    ['Space on a button is the button', press('Space', { isOnControl: true }), null],
    ['letters in a text field are text', press('KeyJ', { isInText: true }), null],
    ['Escape leaves a text field', press('Escape', { isInText: true }), { action: 'close' }],
    ['an input method keeps its keys', press('KeyJ', { isComposing: true }), null],
    ['an input method keeps Escape', press('Escape', { isComposing: true }), null],
    ['Ctrl-R stays the browser', press('KeyR', { isModified: true }), null],
    ['shifted letters do nothing', press('KeyJ', { isShifted: true }), null],
  ])('%s', (_, key, want) => expect(matchShortcut(key, false)).toEqual(want));

  it('goes to a page after g', () => {
    expect(matchShortcut(press('KeyH'), true)).toEqual({ action: 'go:KeyH' });
    expect(matchShortcut(press('KeyH', { isInText: true }), true)).toBeNull();
  });
});
