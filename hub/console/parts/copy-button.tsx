import { useEffect, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Icon } from './icon.tsx';

const SHOWN_MS = 2000;

/** Copies and says so; where the browser forbids it (plain HTTP on another host) it says that too. */
export function CopyButton({ text, label }: { readonly text: () => string; readonly label: string }) {
  const { t } = useI18n();
  const [outcome, setOutcome] = useState<'done' | 'failed' | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setOutcome('done');
    } catch {
      setOutcome('failed');
    }
  };
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <Icon name="copy" />
      <span aria-live="polite">{outcome === null ? label : t(outcome === 'done' ? 'copy.done' : 'copy.failed')}</span>
    </button>
  );
}
