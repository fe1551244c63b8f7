import { type Change, josa } from '@airis/protocol';
import type { LogSink } from '../receivers/log-line.ts';

export interface LoginWatchParts {
  /** `host:web-1`. */
  readonly entity: string;
  /** Random part of ids: 8 to 60 lower-case letters, digits and dashes. */
  readonly newId: () => string;
  readonly nowMs: () => number;
}

/** Counts failed logins in the lines that pass; neither names nor addresses are kept beyond the window. */
export interface LoginWatch {
  /** The same sink, seen on the way. */
  watching(sink: LogSink): LogSink;
  /** Bursts of failures since the last call; to be called every 10 s or so. */
  poll(): Change[];
}

/** So many failures of one service within the window are a burst: a person who mistypes stays below. */
const BURST = 10;
const WINDOW_MS = 60_000;
/** A burst that goes on is told again after this. */
const TOLD_EVERY_MS = 10 * 60_000;
/** Addresses told apart in a window; from there on it is "at least". */
const ADDRESS_LIMIT = 1_000;

/** Services told apart; those of PAM are few, and a log that names more is not one of PAM. */
const SERVICE_LIMIT = 32;

/** Which program refused somebody, and from where it says they came. One line a failed attempt in each program's log. */
const failures: readonly (readonly [service: string | null, pattern: RegExp])[] = [
  [
    'sshd',
    /\bFailed (?:password|publickey|keyboard-interactive\/pam|none) for .{1,200}? from ([0-9a-fA-F.:]{2,45}) port \d+/,
  ],
  [
    'sshd',
    /\bConnection (?:closed|reset) by (?:authenticating|invalid) user .{0,200}? ([0-9a-fA-F.:]{2,45}) port \d+ \[preauth\]/,
  ],
  [null, /\bpam_unix\((?!sshd\b)([a-z][\w-]{0,30}):auth\): authentication failure;/],
  ['postgresql', /\bpassword authentication failed for user "/],
  ['mysql', /\bAccess denied for user '.{0,200}?'@'([\w.:-]{1,80})'/],
  ['vsftpd', /\bFAIL LOGIN: Client "([0-9a-fA-F.:]{2,45})"/],
  ['dovecot', /\b(?:imap|pop3)-login: .{0,200}\(auth failed,.{0,200}rip=([0-9a-fA-F.:]{2,45})/],
];
/** Without any of these no pattern fits, which is quicker to see. */
const hints = ['ailed', 'uthenticat', 'enied', 'FAIL', '[preauth]'] as const;

interface Window {
  startedAtMs: number;
  count: number;
  readonly addresses: Set<string>;
  toldAtMs: number;
  /** Failures since they were last told. */
  untold: number;
}

/** Tells bursts of failed logins by service: how many, from how many addresses, never who. */
export function createLoginWatch({ entity, newId, nowMs }: LoginWatchParts): LoginWatch {
  const windows = new Map<string, Window>();

  function note(text: string): void {
    const now = nowMs();
    for (const [fixed, pattern] of failures) {
      const found = pattern.exec(text);
      if (found === null) continue;
      const service = fixed ?? found[1]!; // a pattern without a service names it first
      const window = windowOf(service, now);
      if (Math.abs(now - window.startedAtMs) >= WINDOW_MS) {
        window.startedAtMs = now;
        window.count = 0;
        window.addresses.clear();
      }
      window.count++;
      window.untold++;
      const address = fixed === null ? undefined : found[1];
      if (address !== undefined && window.addresses.size < ADDRESS_LIMIT) window.addresses.add(address);
      return;
    }
  }

  function windowOf(service: string, now: number): Window {
    const isKept = windows.has(service) || windows.size < SERVICE_LIMIT;
    const name = isKept ? service : 'other';
    const window = windows.get(name) ?? {
      startedAtMs: now,
      count: 0,
      addresses: new Set(),
      toldAtMs: Number.NEGATIVE_INFINITY,
      untold: 0,
    };
    windows.set(name, window);
    return window;
  }

  function changeOf(service: string, { untold, addresses }: Window): Change {
    const from = addresses.size;
    return {
      id: `c-${newId()}`,
      kind: 'login-failures',
      entity,
      atUnixMs: Math.round(nowMs()),
      summary: {
        ko: `${service}: 로그인 실패 ${josa(`${untold}회`, '이/가')} 짧은 시간에 발생했습니다${from === 0 ? '' : `(접속지 ${from}곳)`}`,
        en: `${service}: ${untold} failed logins in a short time${from === 0 ? '' : `, from ${from} ${from === 1 ? 'address' : 'addresses'}`}`,
      },
      attributes: {
        'service.name': service,
        'airis.login.failures': String(untold),
        'airis.login.addresses': String(from),
      },
    };
  }

  return {
    watching: (sink) => ({
      accept(line) {
        const isTaken = sink.accept(line);
        // A line that was not taken is offered again.
        if (isTaken && hints.some((hint) => line.text.includes(hint))) note(line.text.slice(0, 1_000));
        return isTaken;
      },
    }),
    poll() {
      const now = nowMs();
      const changes: Change[] = [];
      for (const [service, window] of windows) {
        if (window.count < BURST || window.untold === 0 || Math.abs(now - window.toldAtMs) < TOLD_EVERY_MS) continue;
        changes.push(changeOf(service, window));
        window.toldAtMs = now;
        window.untold = 0;
      }
      return changes;
    },
  };
}
