import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** Two network namespaces with a cable between them: what one listens on, the other reaches off loopback. */
export interface NetworkPair extends AsyncDisposable {
  readonly hub: NetworkEnd;
  readonly agent: NetworkEnd;
}

export interface NetworkEnd {
  readonly address: string;
  /** A Node.js program inside; ended with the pair at the latest. */
  start(words: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string; logFile: string }): ChildProcess;
  /** Runs a Node.js program inside to its end. */
  run(words: readonly string[], env?: NodeJS.ProcessEnv, input?: string): { code: number | null; output: string };
}

/** Why no namespaces can be made here; `null` where they can. */
export function whyNoNetworkPair(): string | null {
  const name = `airis-try-${process.pid}`;
  const tried = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (tried.error !== undefined) return 'iproute2 is not installed';
  spawnSync('ip', ['netns', 'del', name]);
  return tried.status === 0 ? null : tried.stderr.trim();
}

export function makeNetworkPair(): NetworkPair {
  const names = [`airis-hub-${process.pid}`, `airis-agent-${process.pid}`] as const;
  const addresses = ['10.251.7.1', '10.251.7.2'] as const;
  const running = new Set<ChildProcess>();
  const ip = (...words: string[]): unknown => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const remove = (): void => {
    for (const name of names) spawnSync('ip', ['netns', 'del', name]);
  };
  try {
    for (const name of names) ip('netns', 'add', name);
    ip('-n', names[0], 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', names[1]);
    for (const [index, name] of names.entries()) {
      ip('-n', name, 'addr', 'add', `${addresses[index]}/24`, 'dev', 'cable');
      for (const link of ['lo', 'cable']) ip('-n', name, 'link', 'set', link, 'up');
    }
  } catch (error) {
    remove();
    throw error;
  }

  const end = (name: string, address: string): NetworkEnd => {
    const inside = (words: readonly string[]): string[] => {
      return ['netns', 'exec', name, process.execPath, '--conditions=airis-source', ...words];
    };
    const envWith = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
      return { ...process.env, NODE_NO_WARNINGS: '1', ORT_DISABLE_TELEMETRY: '1', ...env };
    };
    return {
      address,
      start(words, { env, input, logFile }) {
        const child = spawn('ip', inside(words), { env: envWith(env), stdio: ['pipe', 'pipe', 'pipe'] });
        child.stdin.on('error', () => undefined); // it may end without reading
        child.stdin.end(input ?? '');
        const log = createWriteStream(logFile, { flags: 'a' });
        child.stdout.pipe(log, { end: false });
        child.stderr.pipe(log, { end: false });
        running.add(child);
        child.once('close', () => running.delete(child));
        return child;
      },
      run(words, env, input) {
        const done = spawnSync('ip', inside(words), { env: envWith(env), input: input ?? '', timeout: 20_000 });
        return { code: done.status, output: `${done.stdout}${done.stderr}` };
      },
    };
  };

  return {
    hub: end(names[0], addresses[0]),
    agent: end(names[1], addresses[1]),
    async [Symbol.asyncDispose]() {
      for (const child of [...running].reverse()) {
        const ended = new Promise((done) => child.once('close', done));
        child.kill('SIGTERM');
        const insist = setTimeout(() => child.kill('SIGKILL'), 12_000);
        await ended;
        clearTimeout(insist);
      }
      remove();
    },
  };
}
