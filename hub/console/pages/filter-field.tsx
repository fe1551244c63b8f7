import { useRef } from 'react';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';

/** The page's filter: `/` goes there, its text is in the URL. */
export function FilterField({ label }: { readonly label: string }) {
  const { url, update } = useUrl();
  const input = useRef<HTMLInputElement>(null);
  useShortcut('filter', () => input.current?.focus());
  return (
    <label className="filter-field">
      <kbd>/</kbd>
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={100}
        value={url.filter}
        onChange={(event) => update({ filter: event.target.value }, { replace: true })}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !event.nativeEvent.isComposing) event.currentTarget.blur();
        }}
      />
    </label>
  );
}
