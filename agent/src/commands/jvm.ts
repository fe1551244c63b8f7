import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { agentDirectory } from '../config.ts';
import { AgentError } from '../errors.ts';
import { keepPassword, loadJolokia, runningJvms, threadDump } from '../jvm/attach.ts';
import { type Command, type CommandContext, type Flags, textFlag } from './command.ts';

const DEFAULT_PORT = 8778;

export const jvmCommand: Command = {
  name: 'jvm',
  about: 'Java virtual machines: list them, print their threads, load Jolokia without a restart',
  options: { jar: { type: 'string' }, port: { type: 'string' } },
  help: [
    '                 lists the virtual machines that this user may reach',
    'threads PID      prints what all its threads do now; nothing leaves this host',
    'attach PID       loads the Jolokia agent, on loopback and behind a password',
    '--jar FILE       for attach: Jolokia’s JVM agent, readable for the virtual machine’s user',
    `--port N         for attach: where Jolokia answers (default ${DEFAULT_PORT})`,
  ],
  positionals: true,
  async run(flags, words, context) {
    const [verb, pidText, ...rest] = words;
    if (verb === undefined) return list(flags, context);
    if (rest.length > 0) throw usage(`too many words: ${rest.join(' ')}`);
    if (verb === 'threads') return await threads(pidOf(pidText), flags, context);
    if (verb === 'attach') return await attach(pidOf(pidText), flags, context);
    throw usage(`unknown word ${verb}`);
  },
};

function list(flags: Flags, { out }: CommandContext): number {
  const jvms = runningJvms();
  if (flags.json === true) out(JSON.stringify({ jvms }));
  else if (jvms.length === 0) out('no Java virtual machine that this user may reach; root reaches all');
  else out(jvms.map(({ pid, uid, main }) => `${String(pid).padStart(7)}  user ${uid}  ${main}`).join('\n'));
  return 0;
}

async function threads(pid: number, flags: Flags, { out }: CommandContext): Promise<number> {
  const text = await threadDump(pid);
  out(flags.json === true ? JSON.stringify({ pid, threads: text }) : text.trimEnd());
  return 0;
}

async function attach(pid: number, flags: Flags, { environment, out }: CommandContext): Promise<number> {
  const jar = textFlag(flags, 'jar');
  if (jar === undefined) throw usage('attach needs --jar FILE');
  const port = Number(textFlag(flags, 'port') ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw usage(`--port ${textFlag(flags, 'port')}: not a port`);
  const directory = agentDirectory(textFlag(flags, 'dir'), environment);
  const passwordFile = join(directory, `jolokia-${port}.password`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { password, url, user } = await loadJolokia(pid, resolve(jar), port);
  returnToRoot();
  keepPassword(passwordFile, password, statSync(directory));
  const target = { url, user, passwordFile };
  if (flags.json === true) out(JSON.stringify({ pid, target }));
  else {
    out(
      [
        `Jolokia answers at ${url} until process ${pid} ends. Add to ${join(directory, 'agent.yaml')} and restart the agent:`,
        '',
        'collectors:',
        '  tomcat:        # or jmx, with a mapping: see docs/jmx.md',
        '    targets:',
        `      - { url: '${url}', user: ${user}, passwordFile: '${passwordFile}' }`,
      ].join('\n'),
    );
  }
  return 0;
}

/** The virtual machine was spoken to as its own user; the agent's folder is not that user's. */
function returnToRoot(): void {
  if (process.getuid?.() !== 0) return;
  process.seteuid?.(0);
  process.setegid?.(0);
}

function pidOf(text: string | undefined): number {
  const pid = Number(text);
  if (text === undefined || !Number.isInteger(pid) || pid < 1) throw usage(`${text ?? 'PID'}: not a process id`);
  return pid;
}

const usage = (message: string): AgentError => new AgentError('USAGE', message, 'see airis-agent jvm --help');
