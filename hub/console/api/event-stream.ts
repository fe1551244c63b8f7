import { createSseReader, type SseMessage } from './sse.ts';
import type { StreamEvent } from './types.ts';

/** The hub sends at least a heartbeat every 15 s; silence for longer means that the line is dead without knowing it. */
const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

export interface EventStreamOptions {
  readonly onEvent: (event: StreamEvent) => void;
  /** Called on every change: while false, pages rely on polling alone. */
  readonly onConnection: (isConnected: boolean) => void;
  readonly send?: typeof fetch;
  readonly random?: () => number;
}

/**
 * Follows `/api/v1/stream` until disposed. `fetch` is used rather than `EventSource`, because a hub that restarts answers 503 for a
 * moment, which ends an `EventSource` for good, and because heartbeats have to be seen to notice a dead line.
 */
export function followEvents(options: EventStreamOptions): Disposable {
  const { onEvent, onConnection, send = (input, init) => fetch(input, init), random = Math.random } = options;
  const stopped = new AbortController();
  let lastId: string | null = null;

  async function readOnce(): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    try {
      const response = await send('/api/v1/stream', {
        headers: { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
        credentials: 'same-origin',
        signal: AbortSignal.any([stopped.signal, silence.signal]),
      });
      if (!response.ok || response.body === null) throw new Error(`event stream answered ${response.status}`);
      onConnection(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const read = createSseReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        heard();
        for (const message of read(value)) {
          lastId = message.id ?? lastId;
          const event = readEvent(message);
          if (event !== null) onEvent(event);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!stopped.signal.aborted) {
      const startedMs = performance.now();
      await readOnce().catch(() => null); // A broken line is the normal case here: it shows as "not connected" below.
      if (stopped.signal.aborted) return;
      onConnection(false);
      if (performance.now() - startedMs > LONGEST_RETRY_MS) retryMs = FIRST_RETRY_MS;
      await new Promise((resolve) => setTimeout(resolve, retryMs * (0.5 + random() / 2)));
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  void run();
  return { [Symbol.dispose]: () => stopped.abort() };
}

const names: readonly string[] = ['incident', 'finding', 'host', 'health', 'reset'] satisfies StreamEvent['event'][];

function readEvent(message: SseMessage): StreamEvent | null {
  if (!names.includes(message.event)) return null;
  try {
    // From our own origin, checked by the hub against `streamEvent`.
    return { event: message.event, data: JSON.parse(message.data) } as StreamEvent;
  } catch {
    return null;
  }
}
