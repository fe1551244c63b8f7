import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HubUnderTest } from './hub-under-test.ts';
import { type ProcessUnderTest, startProgram } from './process-under-test.ts';

const cli = resolve(import.meta.dirname, '../../agent/src/cli.ts');

/** A whole agent with an identity and a folder of its own. */
export interface AgentUnderTest extends AsyncDisposable {
  readonly id: string;
  readonly folder: string;
  readonly logFile: string;
  process(): ProcessUnderTest;
  start(): void;
  stop(): Promise<void>;
}

/** Enrols at the hub as any agent does, then runs. */
export async function startAgent(hub: HubUnderTest, id: string, env: NodeJS.ProcessEnv = {}): Promise<AgentUnderTest> {
  const folder = join(hub.folder, `agent-${id}`);
  const logFile = await enrolAgent(hub, id, folder, env);

  let agent: ProcessUnderTest;
  const start = (): void => {
    agent = startProgram(cli, ['run', '--dir', folder], { env, logFile });
  };
  start();
  const stop = (): Promise<void> => agent.stop();
  return { id, folder, logFile, process: () => agent, start, stop, [Symbol.asyncDispose]: stop };
}

/** Gives `folder` an identity at the hub; returns the log file of the enrolment. */
export async function enrolAgent(
  hub: HubUnderTest,
  id: string,
  folder: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const logFile = join(hub.folder, `agent-${id}.log`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { token } = await hub.api<{ token: string }>('POST', '/api/v1/enrolment-tokens', { wantedId: id });
  const enrolment = startProgram(cli, ['enroll', '--dir', folder, '--token-file', '-'], { env, logFile, input: token });
  const code = await enrolment.ended;
  if (code !== 0) throw new Error(`enrolment of ${id} ended with ${code}, see ${logFile}`);
  return logFile;
}
