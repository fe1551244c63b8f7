import { MAX_EVENT_BYTES, parseJson, subjects, type WatermarkAnswer, watermarkRequest } from '@airis/protocol';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import type { NoticeRecord } from '../store/state/ingest.ts';
import type { AgentNumbers } from './agent-numbers.ts';
import type { IngestStats } from './ingest-stats.ts';
import type { WatermarkBook } from './watermark-book.ts';

export interface ResponderContext {
  readonly nats: NatsConnection;
  readonly agents: AgentNumbers;
  readonly books: readonly WatermarkBook[];
  readonly stats: IngestStats;
  readonly now: () => number;
  readonly onNotices: (notices: readonly NoticeRecord[]) => void;
  readonly log: Log;
}

/** Answers agents that ask what is stored of their epoch. */
export function answerWatermarks(context: ResponderContext): Subscription {
  return context.nats.subscribe(subjects.watermark('*'), {
    callback: (error, message) => {
      if (error !== null) return;
      answer(context, message).catch((thrown: unknown) => context.log.error('ingest.watermark', errorText(thrown)));
    },
  });
}

async function answer(context: ResponderContext, message: Msg): Promise<void> {
  const { agents, stats } = context;
  const agent = message.subject.split('.')[2] ?? '';
  // An agent may name any subject for its answer, another agent's orders too: only its own inbox gets one.
  if (message.reply?.startsWith(`${subjects.inboxPrefix(agent)}.`) !== true) return stats.refused('foreign-reply');
  await agents.learn([agent]);
  const number = agents.numberOf(agent);
  const request = parseJson(watermarkRequest, message.data, MAX_EVENT_BYTES);
  if (number === null) return stats.refused('unknown-agent');
  if (!request.ok) return stats.refused(`watermark-${request.reason}`);
  const { epoch, next } = request.value;
  const merged = new Map(
    context.books
      .flatMap((book) => book.receipts(number, epoch))
      .sort((a, b) => a.upTo - b.upTo)
      .map((receipt) => [receipt.class, receipt]),
  );
  const receipts = [...merged.values()];
  const ahead = receipts.filter((receipt) => receipt.upTo > next[receipt.class]);
  if (ahead.length > 0) {
    // The spool was set back, or copied and continued elsewhere.
    const detail = `spool of epoch ${epoch.slice(0, 8)}… is behind what is stored of it`;
    context.onNotices([{ kind: 'identity-cloned', agent, detail, atUnixMs: context.now() }]);
  }
  message.respond(JSON.stringify({ receipts } satisfies WatermarkAnswer));
}
