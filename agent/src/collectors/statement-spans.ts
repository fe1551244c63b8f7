import { maskText } from '../gate/mask-text.ts';
import { madeSpanId, SERVER_SPAN, type TraceSpan } from '../traces/trace-span.ts';
import { type SqlDialect, statementText } from './statement-text.ts';

/** A slow statement as one reading of a database found it. */
export interface StatementSeen {
  /** The same at each reading of one run of a statement; of another only if that begins after this has ended. */
  readonly run: string;
  /** From its beginning, with literals and comments: only its words without them are kept. */
  readonly text: string;
  /** Its end, where a comment may stand. */
  readonly tail: string;
  /** Of one that has ended: how long it ran; else how long it has been running. */
  readonly elapsedMs: number;
  /** `null` while it runs. */
  readonly endUnixMs: number | null;
}

/** Nobody takes spans while the agent stands still. */
const MAX_UNTAKEN = 1_000;

interface Run {
  readonly span: TraceSpan;
  readonly isTold: boolean;
  /** How often what looks like it ran before. */
  readonly nth: number;
}

/**
 * Slow statements as spans of the traces they belong to: those that carry the context of their caller in a comment, as
 * sqlcommenter writes it. A statement without one is no span at all. Under a trace id made up here nobody could ever find it,
 * and whatever one guessed from times would put a stranger's statement into somebody's trace; that it was slow is told by
 * the metrics and by the finding anyway.
 */
export class StatementSpans {
  readonly #dialect: SqlDialect;
  #runs = new Map<string, Run>();
  #untaken: TraceSpan[] = [];

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect;
  }

  /**
   * What one reading saw. A run that is not seen any more has ended: it is told as it was seen last, so that it took at least
   * what is said.
   */
  note(seen: readonly StatementSeen[], nowMs: number): void {
    const runs = new Map<string, Run>();
    for (const statement of seen) {
      const known = this.#runs.get(statement.run);
      const isAnother = known !== undefined && statement.elapsedMs < known.span.elapsedMs;
      if (isAnother && !known.isTold) this.#tell(known.span);
      const nth = (known?.nth ?? 0) + Number(isAnother);
      const run = known?.isTold === true && !isAnother ? known : this.#runOf(statement, nth, nowMs);
      if (run !== null) runs.set(statement.run, run);
    }
    for (const [id, { span, isTold }] of this.#runs) if (!isTold && !runs.has(id)) this.#tell(span);
    this.#runs = runs;
  }

  take(): readonly TraceSpan[] {
    const taken = this.#untaken;
    this.#untaken = [];
    return taken;
  }

  #runOf({ run, text, tail, elapsedMs, endUnixMs }: StatementSeen, nth: number, nowMs: number): Run | null {
    const context = contextOf(text, tail);
    if (context === null) return null;
    const span: TraceSpan = {
      ...context,
      endUnixMs: endUnixMs ?? nowMs,
      elapsedMs,
      kind: SERVER_SPAN,
      isError: false,
      service: '',
      role: this.#dialect,
      name: maskText(statementText(text, this.#dialect)),
      spanId: madeSpanId(`${context.traceId} ${context.parentSpanId} ${run} ${nth}`),
      peer: '',
    };
    if (endUnixMs !== null) this.#tell(span);
    return { span, isTold: endUnixMs !== null, nth };
  }

  #tell(span: TraceSpan): void {
    if (this.#untaken.length < MAX_UNTAKEN) this.#untaken.push(span);
  }
}

/** What MySQL takes for code or for advice. */
const EXECUTED = /^(?:M?!|\+)/;
const TRACEPARENT = /(?:^|,)\s*traceparent='00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}'\s*(?:,|$)/;

/**
 * The caller of a statement, by the comment at its very beginning or end. Elsewhere nothing is looked for: what reads like a
 * comment in the middle may stand in a literal, which is what a visitor typed.
 *
 * @see https://google.github.io/sqlcommenter/spec/
 */
export function contextOf(text: string, tail: string): { traceId: string; parentSpanId: string } | null {
  for (const comment of [commentBefore(text), commentBehind(tail)]) {
    const [, traceId, parentSpanId] = (EXECUTED.test(comment) ? null : TRACEPARENT.exec(comment)) ?? [];
    if (traceId !== undefined && parentSpanId !== undefined) return { traceId, parentSpanId };
  }
  return null;
}

function commentBefore(text: string): string {
  const start = text.trimStart();
  const end = start.indexOf('*/');
  return start.startsWith('/*') && end > 0 ? start.slice(2, end) : '';
}

function commentBehind(tail: string): string {
  const end = tail.replace(/[\s;]{1,64}$/, '');
  const start = end.lastIndexOf('/*');
  const isOne = end.endsWith('*/') && start >= 0 && end.indexOf('*/', start + 2) === end.length - 2;
  return isOne ? end.slice(start + 2, -2) : '';
}
