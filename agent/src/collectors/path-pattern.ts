/** One step of a pattern: a character that must stand there, one of a set, any one, or a run of any. */
type Step =
  | { readonly kind: 'one'; readonly is: (char: string) => boolean }
  | { readonly kind: 'run'; readonly crosses: boolean };

/** Longer patterns match nothing; sources and paths are shorter. */
const PATTERN_LENGTH_LIMIT = 500;

/**
 * Asks whether a whole text fits a shell pattern: `*` any run within a folder, `**` across folders, `?` one character,
 * `[a-z]` and `[!a-z]` one of a set. No regular expression: patterns come from outside, and this takes time proportional
 * to pattern × text whatever they are.
 */
export function pathMatcher(pattern: string): (text: string) => boolean {
  if (pattern.length > PATTERN_LENGTH_LIMIT) return () => false;
  const steps = stepsOf(pattern);
  return (text) => fits(steps, text);
}

function stepsOf(pattern: string): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*') {
      const crosses = pattern[at + 1] === '*';
      if (crosses) at++;
      steps.push({ kind: 'run', crosses });
    } else if (char === '?') steps.push({ kind: 'one', is: (c) => c !== '/' });
    else if (char === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2);
      steps.push({ kind: 'one', is: oneOf(pattern.slice(at + 1, end)) });
      at = end;
    } else steps.push({ kind: 'one', is: (c) => c === char });
  }
  return steps;
}

/** `a-z_` or `!a-z`; a dash at either end stands for itself. */
function oneOf(set: string): (char: string) => boolean {
  const isNegated = set.startsWith('!') || set.startsWith('^');
  const listed = isNegated ? set.slice(1) : set;
  return (char) => {
    if (char === '/') return false;
    let isIn = false;
    for (let at = 0; at < listed.length; at++) {
      const isRange = listed[at + 1] === '-' && at + 2 < listed.length;
      if (isRange) isIn ||= listed[at]! <= char && char <= listed[at + 2]!;
      else isIn ||= listed[at] === char;
      if (isRange) at += 2;
    }
    return isIn !== isNegated;
  };
}

/** `reached[i]`: the first i steps fit the text read so far. */
function fits(steps: readonly Step[], text: string): boolean {
  let reached = startAt(steps, new Uint8Array(steps.length + 1).fill(1, 0, 1));
  for (const char of text.split('')) {
    const next = new Uint8Array(steps.length + 1);
    steps.forEach((step, i) => {
      if (reached[i] === 0) return;
      if (step.kind === 'run') {
        if (step.crosses || char !== '/') next[i] = 1;
      } else if (step.is(char)) next[i + 1] = 1;
    });
    reached = startAt(steps, next);
  }
  return reached[steps.length] === 1;
}

/** A run may be empty: where it begins, what follows begins too. */
function startAt(steps: readonly Step[], reached: Uint8Array): Uint8Array {
  steps.forEach((step, i) => {
    if (reached[i] === 1 && step.kind === 'run') reached[i + 1] = 1;
  });
  return reached;
}
