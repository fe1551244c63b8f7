import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from 'react';
import { type Action, matchShortcut } from './shortcuts.ts';

const SEQUENCE_MS = 1000;

interface ShortcutRegistry {
  /** The newest handler answers first: an open dialog before the page below it. */
  readonly handlers: Map<Action, (() => void)[]>;
}

const ShortcutContext = createContext<ShortcutRegistry | null>(null);

export function ShortcutProvider({ children }: { readonly children: ReactNode }) {
  const registry = useMemo<ShortcutRegistry>(() => ({ handlers: new Map() }), []);
  useEffect(() => {
    let lastGMs = Number.NEGATIVE_INFINITY;
    const onKey = (event: KeyboardEvent): void => {
      // Escape belongs to an open popover first.
      if (event.defaultPrevented || (event.key === 'Escape' && document.querySelector(':popover-open'))) return;
      const isAfterG = event.timeStamp - lastGMs < SEQUENCE_MS;
      const match = matchShortcut(
        {
          code: event.code,
          isModified: event.ctrlKey || event.metaKey || event.altKey,
          isShifted: event.shiftKey,
          isComposing: event.isComposing,
          ...focusOf(event.target),
        },
        isAfterG,
      );
      lastGMs = match !== null && 'pending' in match ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (match === null || 'pending' in match) return;
      const handler = registry.handlers.get(match.action)?.at(-1);
      if (handler === undefined) return;
      event.preventDefault();
      handler();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [registry]);
  return <ShortcutContext value={registry}>{children}</ShortcutContext>;
}

/** Answers a key while the caller is on the screen; `null` lets the key go to whoever answered before. */
export function useShortcut(action: Action, handler: (() => void) | null): void {
  const registry = useRegistry();
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  const isOn = handler !== null;
  useEffect(() => {
    if (!isOn) return;
    const call = () => latest.current?.();
    const list = registry.handlers.get(action) ?? [];
    registry.handlers.set(action, [...list, call]);
    return () => {
      const left = (registry.handlers.get(action) ?? []).filter((one) => one !== call);
      if (left.length === 0) registry.handlers.delete(action);
      else registry.handlers.set(action, left);
    };
  }, [action, isOn, registry]);
}

/** What can be pressed now. */
export function useKnownActions(): () => ReadonlySet<Action> {
  const registry = useRegistry();
  return () => new Set(registry.handlers.keys());
}

function useRegistry(): ShortcutRegistry {
  const registry = useContext(ShortcutContext);
  if (registry === null) throw new Error('shortcuts are used below ShortcutProvider only');
  return registry;
}

function focusOf(target: EventTarget | null): { isInText: boolean; isOnControl: boolean } {
  if (!(target instanceof HTMLElement)) return { isInText: false, isOnControl: false };
  return {
    isInText: target.isContentEditable || target.matches('input, textarea, select'),
    isOnControl: target.matches('button, a[href], summary, [role="button"], [role="option"]'),
  };
}
