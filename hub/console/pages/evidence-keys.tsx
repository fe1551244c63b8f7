import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';

/** `1` opens E1, and so on to `9`: one key from a claim to what it rests on. The same key again closes it. */
export function EvidenceKeys({ names }: { readonly names: readonly string[] }) {
  return names.slice(0, 9).map((name) => <EvidenceKey key={name} name={name} />);
}

function EvidenceKey({ name }: { readonly name: string }) {
  const { url, update } = useUrl();
  useShortcut(`evidence:${name}`, () => update({ evidence: url.evidence === name ? null : name }));
  return null;
}
