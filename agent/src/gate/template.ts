import { createHash } from 'node:crypto';

export interface LogTemplate {
  /** First 64 bits of SHA-256 over the text: the same on every host. */
  readonly templateId: bigint;
  /** The masked line with everything that varies as `<*>`. */
  readonly text: string;
}

const TEMPLATE_LENGTH_LIMIT = 500;

/**
 * The form of a masked line: marks, and words that hold a digit, become `<*>`, and neighbouring ones one. A pure
 * function of the line, so that the same line has the same template on every host and after every restart.
 */
export function templateOf(masked: string): LogTemplate {
  const text = masked
    .slice(0, 2 * TEMPLATE_LENGTH_LIMIT)
    .replace(/<[a-z]+>/g, '<*>')
    .replace(/[^\s=:,;()[\]{}"'<>|]*\d[^\s=:,;()[\]{}"'<>|]*/g, '<*>')
    .replace(/<\*>(?:[\s:,./-]*<\*>)+/g, '<*>')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, TEMPLATE_LENGTH_LIMIT);
  return { templateId: createHash('sha256').update(text).digest().readBigUInt64LE(0), text };
}
