import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type Child, startChild } from './child.ts';
import type { HubCalls } from './hub-calls.ts';

const program = join(resolve(import.meta.dirname, '..'), 'dist/agent/airis-agent.mjs');

export interface AgentPlace {
  /** Id to enrol as; without it the agent takes its host's name. */
  readonly id?: string;
  /** What the terminal calls it. */
  readonly name: string;
  readonly folder: string;
  readonly logFile: string;
  /** Content of `agent.yaml`, written at each start; absent: the file is left alone. */
  readonly config?: object;
  /** Logs whose masked lines may leave the host; absent: none. */
  readonly generalLogSources?: readonly string[];
}

/** Enrols the agent at this hub where it is not yet, as any other agent is, and keeps it running. */
export async function startAgent(hub: HubCalls, place: AgentPlace): Promise<Child> {
  const { id, name, folder, logFile, config, generalLogSources } = place;
  const env = { ...process.env, AIRIS_DATA_DIR: hub.dataDir, ORT_DISABLE_TELEMETRY: '1' };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (config !== undefined) await writeFile(join(folder, 'agent.yaml'), stringify(config), { mode: 0o600 });
  if (!existsSync(join(folder, 'identity.json'))) {
    const wanted = { wantedId: id, generalLogSources };
    const { token } = await hub.post<{ token: string }>('/api/v1/enrolment-tokens', wanted);
    const words = [program, 'enroll', '--dir', folder, '--token-file', '-'];
    const enrol = startChild(`${name} enrolment`, process.execPath, words, {
      env,
      restart: false,
      logFile,
      input: `${token}\n`,
    });
    if ((await enrol.ended) !== 0) throw new Error(`${name} could not enrol; its message is above`);
  }
  return startChild(name, process.execPath, [program, 'run', '--dir', folder], { env, logFile });
}
