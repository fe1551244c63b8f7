/** What a person did to an incident. */
export interface Act {
  readonly id: string;
  readonly incident: number;
  readonly atUnixMs: number;
  /** `user:kim`, `token:ci`. */
  readonly who: string;
  readonly kind: 'acknowledge' | 'resolve' | 'note' | 'feedback';
  readonly text: string;
  /** For `feedback`: about the first cause, or the incident as a whole. */
  readonly verdict: 'right' | 'wrong' | 'false-alarm' | null;
  readonly entity: string | null;
}
