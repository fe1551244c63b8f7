/** What nginx's `stub_status` page says. */
export interface NginxStatus {
  readonly active: number;
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

const page =
  /^Active connections: (\d+)\s+server accepts handled requests\s+(\d+) (\d+) (\d+)\s+Reading: (\d+) Writing: (\d+) Waiting: (\d+)/;

export function parseNginxStatus(text: string): NginxStatus | null {
  const match = page.exec(text);
  if (match === null) return null;
  const n = match.slice(1).map(Number);
  return {
    active: n[0]!,
    accepted: n[1]!,
    handled: n[2]!,
    requests: n[3]!,
    reading: n[4]!,
    writing: n[5]!,
    waiting: n[6]!,
  };
}
