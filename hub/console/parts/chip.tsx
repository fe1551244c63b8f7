import type { ReactNode } from 'react';
import { useI18n } from '../i18n/i18n.tsx';

export type ChipTone = 'plain' | 'line' | 'accent' | 'critical' | 'major' | 'minor' | 'ok' | 'local' | 'egress';

export function Chip({ tone = 'plain', children }: { readonly tone?: ChipTone; readonly children: ReactNode }) {
  return <span className={`chip chip-${tone}`}>{children}</span>;
}

/** Where data is: teal stayed on the host, blue is on the hub, violet left for a cloud model. The same three everywhere. */
export function LocalityChip({ place }: { readonly place: 'host' | 'hub' | 'cloud' }) {
  const { t } = useI18n();
  const tone = ({ host: 'local', hub: 'accent', cloud: 'egress' } as const)[place];
  return <Chip tone={tone}>{t(`locality.${place}`)}</Chip>;
}

/** The only way to cite: `E2`, which opens what the claim rests on. */
export function EvidenceChip(props: {
  readonly name: string;
  readonly label: string;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}) {
  return (
    <button
      type="button"
      className="evidence-chip"
      aria-expanded={props.isOpen}
      aria-label={`${props.name} ${props.label}`}
      onClick={(event) => {
        event.stopPropagation();
        props.onOpen();
      }}
    >
      {props.name}
    </button>
  );
}
