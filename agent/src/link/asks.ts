import {
  anyAsk,
  ok,
  parseJson,
  type Result,
  refused,
  replayAsk,
  threadsAsk,
  traceAsk,
  windowAsk,
} from '@airis/protocol';
import type { z } from 'zod';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Refusals } from '../refusals.ts';
import { AnswerWriter } from './answer-writer.ts';
import type { Ask } from './hub-link.ts';
import { answerReplay } from './replay-answer.ts';
import { createThreadsAnswer } from './threads-answer.ts';
import { answerTrace, answerWindow, type HeldHere } from './window-answer.ts';

export interface AsksOptions {
  readonly held: HeldHere;
  /** What the floor says of a question, by its verb. */
  readonly mayAsk: (verb: string) => boolean;
  readonly refusals: Refusals;
  readonly log: Log;
}

/** What every question says. */
interface Question {
  readonly request: string;
  readonly maxBytes: number;
  readonly deadlineUnixMs: number;
}

interface Readable extends Question {
  answer(out: AnswerWriter, held: HeldHere): Promise<void>;
}

const MAX_ASK_BYTES = 16 * 1024;
/** Questions answered at one time; each reads files in turns. */
const MAX_AT_ONCE = 4;

/** Everything that the hub may ask; a new question is one line. Some remember when they were asked last. */
const createQuestions = (): Readonly<Record<string, (payload: Uint8Array) => Result<Readable, string>>> => ({
  window: question(windowAsk, answerWindow),
  trace: question(traceAsk, answerTrace),
  replay: question(replayAsk, answerReplay),
  threads: question(threadsAsk, createThreadsAnswer()),
});

/** Questions of the hub: known, allowed by the floor, few at a time, each within its deadline and bytes. */
export class Asks {
  readonly #options: AsksOptions;
  readonly #questions = createQuestions();
  #answering = 0;

  constructor(options: AsksOptions) {
    this.#options = options;
  }

  /** Never rejects: what cannot be answered is refused to whoever asked, and counted. */
  async take(ask: Ask): Promise<void> {
    const { refusals, held, log } = this.#options;
    const asked = parseJson(anyAsk, ask.payload, MAX_ASK_BYTES);
    // Without a readable request id there is nobody to answer.
    if (!asked.ok) return refusals.count('ask-unreadable');
    const admitted = this.#admit(ask);
    if (!admitted.ok) {
      refusals.count(`ask-${admitted.reason}`);
      return new AnswerWriter(ask, { ...asked.value, maxBytes: 0 }).fail(admitted.reason, admitted.detail);
    }
    const out = new AnswerWriter(ask, admitted.value);
    this.#answering++;
    try {
      await admitted.value.answer(out, held);
    } catch (error) {
      refusals.count('ask-failed');
      log.error('ASK_FAILED', errorText(error), { verb: ask.verb });
      out.fail('failed', 'the agent could not answer; its log says why');
    } finally {
      this.#answering--;
    }
  }

  #admit({ verb, payload }: Ask): Result<Readable, string> {
    const read = Object.hasOwn(this.#questions, verb) ? this.#questions[verb] : undefined;
    if (read === undefined) return refused('unknown', 'this agent does not know the question');
    if (!this.#options.mayAsk(verb)) return refused('not-allowed', `the floor of this host bars the question ${verb}`);
    const parsed = read(payload);
    if (!parsed.ok) return parsed;
    if (parsed.value.deadlineUnixMs <= this.#options.held.nowMs()) return refused('deadline', 'it has passed already');
    if (this.#answering >= MAX_AT_ONCE) return refused('busy', `${MAX_AT_ONCE} are being answered; ask again`);
    return parsed;
  }
}

function question<S extends z.ZodType<Question>>(
  schema: S,
  answer: (wanted: z.output<S>, out: AnswerWriter, held: HeldHere) => Promise<void>,
) {
  return (payload: Uint8Array): Result<Readable, string> => {
    const parsed = parseJson(schema, payload, MAX_ASK_BYTES);
    if (!parsed.ok) return refused('malformed', parsed.detail);
    const { request, maxBytes, deadlineUnixMs } = parsed.value;
    return ok({ request, maxBytes, deadlineUnixMs, answer: (out, held) => answer(parsed.value, out, held) });
  };
}
