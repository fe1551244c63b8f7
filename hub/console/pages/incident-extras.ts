import type { Cause, Incident } from '../api/types.ts';

interface Bilingual {
  readonly ko: string;
  readonly en: string;
}

/** Why something is, or is not, a cause; `ref` is what shows it. */
export interface Reason {
  readonly text: Bilingual;
  readonly ref: { readonly kind: string; readonly id: string } | null;
}

export interface CauseExtras {
  readonly for?: readonly Reason[];
  readonly against?: readonly Reason[];
}

export interface IncidentExtras {
  readonly impact?: Bilingual | null;
  /** The cause first, then towards the users. */
  readonly path?: readonly string[];
  readonly ruledOut?: readonly { readonly entity: string; readonly reason: Bilingual }[];
  readonly unknown?: readonly Bilingual[];
}

/** What incidents that were ranked before 0.2 do not carry: drawn when present. */
export const extrasOfCause = (cause: Cause): CauseExtras => cause as CauseExtras; // Every field is optional.
export const extrasOf = (incident: Incident): IncidentExtras => incident as IncidentExtras; // The same.
