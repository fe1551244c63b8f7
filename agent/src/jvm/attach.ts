import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AgentError, errorText } from '../errors.ts';

/** A running HotSpot virtual machine, as far as this user may see. */
export interface RunningJvm {
  readonly pid: number;
  readonly uid: number;
  /** Class or jar that was started, without its arguments. */
  readonly main: string;
}

const ANSWER_WITHIN_MS = 10_000;
const LISTENS_WITHIN_MS = 6_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const PASSWORD_BYTES = 24;
/** Bit of SIGQUIT in the kernel's masks. */
const QUIT = 1n << 2n;

/** Every virtual machine whose memory map this user may read: own ones, or all as root. */
export function runningJvms(): RunningJvm[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => describe(Number(entry)))
    .filter((jvm) => jvm !== null);
}

function describe(pid: number): RunningJvm | null {
  try {
    if (!/\/libjvm\.so$/m.test(readFileSync(`/proc/${pid}/maps`, 'utf8'))) return null;
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { pid, uid: statSync(`/proc/${pid}`).uid, main: mainIn(args) };
  } catch {
    // Gone meanwhile, or somebody else's.
    return null;
  }
}

/** `java -Xmx1g -cp a:b com.shop.Main x` → `com.shop.Main`; `java -jar /opt/shop.jar` → `shop.jar`. */
export function mainIn(args: readonly string[]): string {
  const withValue = new Set([
    '-cp',
    '-classpath',
    '--class-path',
    '-p',
    '--module-path',
    '--add-opens',
    '--add-modules',
  ]);
  for (let at = 1; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '-jar') return basename(args[at + 1] ?? '');
    if (withValue.has(arg)) at++;
    else if (arg !== '' && !arg.startsWith('-')) return arg;
  }
  return basename(args[0] ?? '');
}

/**
 * What all threads do now, as the virtual machine prints it.
 *
 * @throws AgentError JVM_NOT_ATTACHED
 */
export async function threadDump(pid: number): Promise<string> {
  return await command(pid, ['threaddump', '', '', '']);
}

/** How a Jolokia agent was loaded: where it answers, and who may ask. */
export interface LoadedJolokia {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Loads the Jolokia agent into a running virtual machine, on loopback and behind a password made here; neither stands
 * in any argument list.
 *
 * @param jar - Jolokia's JVM agent, readable for the user of the virtual machine and at the same path in its container
 * @throws AgentError JVM_NOT_ATTACHED
 */
export async function loadJolokia(pid: number, jar: string, port: number): Promise<LoadedJolokia> {
  const user = 'airis';
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const options = `port=${port},host=127.0.0.1,user=${user},password=${password}`;
  const answer = await command(pid, ['load', 'instrument', 'false', `${jar}=${options}`]);
  // HotSpot answers with the result of the library that loads agents; from Java 9 on with words before it.
  const result = /(-?\d+)\s*$/.exec(answer)?.[1] ?? '';
  if (result !== '0') throw refused(pid, `the agent was not loaded: ${answer.trim().slice(0, 200)}`, jarHint(jar));
  // Its server starts beside the answer, and a port that is taken is told in the log of the virtual machine only.
  const endsAtMs = performance.now() + LISTENS_WITHIN_MS;
  while (!(await isListening(port))) {
    if (performance.now() > endsAtMs)
      throw refused(pid, `Jolokia was loaded and does not listen on ${port}`, jarHint(jar));
    await pause(50);
  }
  return { url: `http://127.0.0.1:${port}/jolokia`, user, password };
}

const jarHint = (jar: string): string =>
  `check that ${jar} is Jolokia's JVM agent (jolokia-agent-jvm-…-javaagent.jar), that the user of the virtual machine may read it, and that the port is free`;

/** Sends one command of HotSpot's attach protocol, as `jcmd` and `jstack` do. */
async function command(pid: number, words: readonly string[]): Promise<string> {
  actAs(pid);
  const socketPath = await listeningSocket(pid);
  const answer = await ask(pid, socketPath, ['1', ...words].map((word) => `${word}\0`).join(''));
  const newline = answer.indexOf('\n');
  const code = answer.slice(0, newline === -1 ? undefined : newline).trim();
  const text = newline === -1 ? '' : answer.slice(newline + 1);
  if (code !== '0') throw refused(pid, `it answered ${code}: ${text.trim().slice(0, 200)}`, 'see its log');
  return text;
}

/** A virtual machine takes orders from its own user; root steps down to that. */
function actAs(pid: number): void {
  const { uid, gid } = (() => {
    try {
      return statSync(`/proc/${pid}`);
    } catch (cause) {
      throw new AgentError('JVM_NOT_ATTACHED', `there is no process ${pid}`, 'airis-agent jvm lists those there are', {
        cause,
      });
    }
  })();
  const own = process.geteuid?.();
  if (own === uid) return;
  if (own !== 0) throw refused(pid, `it belongs to user ${uid}`, `run this as that user or as root`);
  process.setegid?.(gid);
  process.seteuid?.(uid);
}

/** Where the virtual machine takes commands; it is woken first where it has not opened that yet. */
async function listeningSocket(pid: number): Promise<string> {
  const innerPid = /^NSpid:.*\t(\d+)$/m.exec(statusOf(pid))?.[1] ?? String(pid);
  const root = `/proc/${pid}/root`;
  const socketPath = `${root}/tmp/.java_pid${innerPid}`;
  if (existsSync(socketPath)) return socketPath;
  if (describe(pid) === null) {
    throw refused(pid, 'it is no Java virtual machine', 'airis-agent jvm lists those there are');
  }
  const endsAtMs = performance.now() + LISTENS_WITHIN_MS;
  // The signal ends whatever does not handle it, a virtual machine that just starts or runs with -Xrs too.
  while (!handlesQuit(pid)) {
    if (performance.now() > endsAtMs)
      throw refused(pid, 'it handles no SIGQUIT', 'start it without -Xrs, or with -javaagent');
    await pause(50);
  }
  const mark = `${root}/tmp/.attach_pid${innerPid}`;
  writeFileSync(mark, '', { mode: 0o600 });
  try {
    process.kill(pid, 'SIGQUIT');
    while (performance.now() < endsAtMs) {
      if (existsSync(socketPath)) return socketPath;
      await pause(50);
    }
  } finally {
    rmSync(mark, { force: true });
  }
  throw refused(
    pid,
    `it opened no ${socketPath} within ${LISTENS_WITHIN_MS / 1000} s`,
    'it may run with -XX:+DisableAttachMechanism or be another maker’s; start it with -javaagent instead',
  );
}

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');

function handlesQuit(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(statusOf(pid))?.[1] ?? '0';
  return (BigInt(`0x${caught}`) & QUIT) !== 0n;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function ask(pid: number, socketPath: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const socket = connect({ path: socketPath });
    const fail = (reason: string) => {
      socket.destroy();
      reject(refused(pid, reason, 'look at its log, and try again'));
    };
    socket.setTimeout(ANSWER_WITHIN_MS, () => fail(`no answer within ${ANSWER_WITHIN_MS / 1000} s`));
    socket.once('error', (error) => fail(errorText(error)));
    socket.once('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) fail(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`);
      else chunks.push(chunk);
    });
    socket.once('end', () => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

const refused = (pid: number, reason: string, hint: string): AgentError =>
  new AgentError('JVM_NOT_ATTACHED', `process ${pid}: ${reason}`, hint);

/** Writes a password where only its reader finds it: owned like the folder that the agent runs in. */
export function keepPassword(
  path: string,
  password: string,
  owner: { readonly uid: number; readonly gid: number },
): void {
  writeFileSync(path, `${password}\n`, { mode: 0o600 });
  if (process.geteuid?.() === 0) chownSync(path, owner.uid, owner.gid);
}
