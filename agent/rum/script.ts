import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import { randomId } from './random-id.ts';

/**
 * What a page tells of itself: `<script src="/airis-rum/script.js" data-key="…" async></script>`. Of addresses only the path
 * goes out, of what is clicked only its kind, of forms nothing. It never throws into the page, sets no cookie, and is silent
 * where the visitor asks not to be followed.
 */
type Event = Readonly<Record<string, string | number>>;

const script = document.currentScript as HTMLScriptElement | null;
const key = script?.dataset.key ?? '';
const share = Number(script?.dataset.sample ?? 1);
const replayShare = Number(script?.dataset.replay ?? 0);
const target = new URL('beacon', script?.src ?? location.href).href;

const MAX_EVENTS = 50;
const SEND_AFTER_MS = 5_000;
const MAX_MESSAGE = 300;
const MAX_STACK = 4_000;
/** A page that fails in a loop tells so often of it, and no more. */
const MAX_ERRORS = 20;
const MAX_CALLS = 200;

let waiting: Event[] = [];
let timer = 0;
let errors = 0;
let calls = 0;
let path = pathOf(location.href);

/** Runs something of ours so that it cannot harm the page. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // What cannot be told is not told.
  }
}

function pathOf(address: string): string {
  try {
    return new URL(address, location.href).pathname.slice(0, 300);
  } catch {
    return '/';
  }
}

/** One visit: it ends with the tab, and is chosen or not as a whole. */
function session(): string | null {
  const name = 'airis-rum';
  let id = sessionStorage.getItem(name);
  if (id === null) {
    id = Math.random() < share ? randomId() : '-';
    sessionStorage.setItem(name, id);
  }
  return id === '-' ? null : id;
}

function begin(id: string): void {
  const send = (): void =>
    quietly(() => {
      window.clearTimeout(timer);
      timer = 0;
      if (waiting.length === 0) return;
      const body = JSON.stringify({ key, session: id, events: waiting });
      waiting = [];
      // Of type text/plain, so that no browser asks first whether it may.
      if (!navigator.sendBeacon(target, body))
        void fetch(target, { method: 'POST', body, keepalive: true }).catch(() => undefined);
    });
  const tell = (event: Event): void =>
    quietly(() => {
      waiting.push({ path, ...event });
      if (waiting.length >= MAX_EVENTS) send();
      else if (timer === 0) timer = window.setTimeout(send, SEND_AFTER_MS);
    });

  const vital = ({ name, value }: Metric): void => tell({ type: 'vital', name: name.toLowerCase(), value });
  for (const on of [onLCP, onINP, onCLS, onFCP, onTTFB]) quietly(() => on(vital));

  const view = (): void => {
    path = pathOf(location.href);
    tell({ type: 'view' });
  };
  view();
  watchRoutes(() => {
    if (pathOf(location.href) !== path) view();
  });

  addEventListener('load', () =>
    setTimeout(() => {
      const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      if (entry !== undefined && entry.loadEventEnd > 0) tell({ type: 'load', value: entry.loadEventEnd });
    }),
  );
  addEventListener('click', () => tell({ type: 'click' }), { capture: true, passive: true });
  addEventListener('error', ({ message, filename, error }) => tellError(String(message), filename, error));
  addEventListener('unhandledrejection', ({ reason }) =>
    tellError(reason instanceof Error ? `${reason.name}: ${reason.message}` : 'a promise was rejected', '', reason),
  );
  function tellError(message: string, file: string, thrown: unknown): void {
    if (++errors > MAX_ERRORS) return;
    const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
    const withoutQueries = stack.replace(/(https?:\/\/[^\s)?#]+)[?#][^\s):]*/g, '$1');
    tell({
      type: 'error',
      message: message.slice(0, MAX_MESSAGE),
      file: file === '' ? '' : pathOf(file),
      stack: withoutQueries.slice(0, MAX_STACK),
    });
  }

  watchCalls((to, method, status, value) => {
    if (++calls > MAX_CALLS || to === pathOf(target)) return;
    tell({ type: 'call', to, method, status, value });
  });
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') send();
  });
  addEventListener('pagehide', send);
}

/** Routes of single-page applications: the history as they write it, and as people go through it. */
function watchRoutes(changed: () => void): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args: Parameters<History['pushState']>) {
      original.apply(this, args);
      quietly(changed);
    };
  }
  addEventListener('popstate', () => quietly(changed));
}

/** Calls to the page's own origin: when they ended, how, and how long they took; 0 for no answer. */
function watchCalls(ended: (to: string, method: string, status: number, milliseconds: number) => void): void {
  const original = window.fetch;
  window.fetch = function (this: unknown, ...args: Parameters<typeof fetch>) {
    const startMs = performance.now();
    const answer = original.apply(this as Window, args);
    quietly(() => {
      const [input, init] = args;
      const address = new URL(input instanceof Request ? input.url : String(input), location.href);
      if (address.origin !== location.origin) return;
      const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
      const end = (status: number): void =>
        ended(address.pathname.slice(0, 300), method, status, performance.now() - startMs);
      answer.then(
        ({ status }) => end(status),
        () => end(0),
      );
    });
    return answer;
  };
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (
    this: XMLHttpRequest,
    method: string,
    address: string | URL,
    ...rest: unknown[]
  ) {
    quietly(() => {
      const to = new URL(String(address), location.href);
      if (to.origin !== location.origin) return;
      let startMs = 0;
      this.addEventListener('loadstart', () => {
        startMs = performance.now();
      });
      this.addEventListener('loadend', () =>
        ended(to.pathname.slice(0, 300), method.toUpperCase(), this.status, performance.now() - startMs),
      );
    });
    // The rest is as the page gave it.
    return (open as (...all: unknown[]) => void).call(this, method, address, ...rest);
  };
}

/** The recorder comes from where this script came from, for visits that were chosen for it as a whole. */
function beginReplay(id: string): void {
  const name = 'airis-rum-replay';
  const chosen = sessionStorage.getItem(name) ?? (Math.random() < replayShare ? '+' : '-');
  sessionStorage.setItem(name, chosen);
  if (chosen !== '+') return;
  const recorder = document.createElement('script');
  recorder.src = new URL('replay.js', target).href;
  recorder.async = true;
  recorder.dataset.key = key;
  recorder.dataset.session = id;
  document.head.append(recorder);
}

quietly(() => {
  const asksNot =
    navigator.doNotTrack === '1' || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
  const id = key === '' || asksNot ? null : session();
  if (id === null) return;
  begin(id);
  if (replayShare > 0) quietly(() => beginReplay(id));
});
