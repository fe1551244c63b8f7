import { maskEvent } from '@airis/protocol/replay-mask';
import { record } from '@rrweb/record';
import { randomId } from './random-id.ts';

/**
 * The recorder, fetched by visits that were chosen for it alone. What it sends is masked here: shapes, places and movements
 * without texts, entries, pictures or addresses. It ends by itself, and never throws into the page.
 */
const script = document.currentScript as HTMLScriptElement | null;
const { key = '', session = '' } = script?.dataset ?? {};
const target = new URL('replay', script?.src ?? location.href).href;

const MAX_MS = 600_000;
const MAX_CHARACTERS = 4_000_000;
/** Of one message; what a page shows at once is sent in one, or not at all. */
const MAX_MESSAGE = 480_000;
const SEND_AFTER_MS = 5_000;

const startMs = Date.now();
/** One page of the visit. */
const page = randomId();
let waiting: string[] = [];
let waitingCharacters = 0;
let sent = 0;
let part = 0;
let timer = 0;
let stop: (() => void) | undefined;

function end(): void {
  stop?.();
  stop = undefined;
  send();
}

function send(isLeaving = false): void {
  window.clearTimeout(timer);
  timer = 0;
  if (waiting.length === 0) return;
  const head = JSON.stringify({ key, session, page, part: part++, path: location.pathname.slice(0, 300) });
  const body = `${head.slice(0, -1)},"events":[${waiting.join(',')}]}`;
  waiting = [];
  waitingCharacters = 0;
  if (isLeaving) return void navigator.sendBeacon(target, body);
  // Where recordings are not taken, or no further ones, none is made.
  fetch(target, { method: 'POST', body }).then(
    ({ ok }) => {
      if (!ok) stop?.();
    },
    () => stop?.(),
  );
}

function take(event: unknown): void {
  const masked = maskEvent(event);
  if (masked === null) return;
  const text = JSON.stringify(masked);
  sent += text.length;
  if (Date.now() - startMs > MAX_MS || sent > MAX_CHARACTERS || text.length > MAX_MESSAGE) {
    end();
    return;
  }
  if (waitingCharacters + text.length > MAX_MESSAGE) send();
  waiting.push(text);
  waitingCharacters += text.length;
  if (timer === 0) timer = window.setTimeout(() => send(), SEND_AFTER_MS);
}

try {
  stop = record({
    emit: (event) => {
      try {
        take(event);
      } catch {
        stop?.();
      }
    },
    maskAllInputs: true,
    maskTextSelector: '*',
    blockSelector: 'img,picture,video,audio,canvas,svg,object,embed,iframe',
    inlineStylesheet: true,
    inlineImages: false,
    recordCanvas: false,
    collectFonts: false,
    recordCrossOriginIframes: false,
    sampling: { mousemove: 100, scroll: 200, input: 'last' },
    slimDOMOptions: 'all',
    errorHandler: () => true,
  });
  window.setTimeout(end, MAX_MS);
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') send(true);
  });
  addEventListener('pagehide', () => send(true));
} catch {
  // A page that cannot be recorded is not.
}
