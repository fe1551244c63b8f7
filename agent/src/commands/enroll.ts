import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { agentId } from '@airis/protocol';
import { agentDirectory } from '../config.ts';
import { AgentError } from '../errors.ts';
import { identityPath, readIdentity, writeIdentity } from '../identity.ts';
import { type Command, textFlag } from './command.ts';

const MAX_TOKEN_BYTES = 8_192;

export const enrollCommand: Command = {
  name: 'enroll',
  about: 'make this host an agent of a hub',
  options: {
    token: { type: 'string' },
    'token-file': { type: 'string' },
    id: { type: 'string' },
    force: { type: 'boolean' },
  },
  help: [
    '--token T        the enrolment token (others on this host may see it in the process list)',
    '--token-file F   a file that holds it; - or nothing reads standard input',
    '--id ID          wanted name of this agent',
    '--force          enrol again under a new key where an identity exists',
  ],
  async run(flags, _, { environment, out }) {
    const directory = agentDirectory(textFlag(flags, 'dir'), environment);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    refuseFolderOfAnother(directory);
    if (flags.force !== true && readIdentity(directory) !== null) {
      throw new AgentError('USAGE', `${identityPath(directory)} exists`, 'add --force to enrol again under a new key');
    }
    const wantedId = textFlag(flags, 'id');
    if (wantedId !== undefined && !agentId.safeParse(wantedId).success) {
      throw new AgentError('USAGE', `--id ${wantedId}`, 'use lower-case letters, digits and dashes, at most 63');
    }
    // Loaded here alone: HTTPS costs a running agent 7 MB that it never uses.
    const { enrol } = await import('../enrol.ts');
    const token = readToken(textFlag(flags, 'token'), textFlag(flags, 'token-file'));
    const identity = await enrol({ token, nowMs: Date.now, ...(wantedId === undefined ? {} : { wantedId }) });
    writeIdentity(directory, identity);
    const { agent, hubUrl } = identity;
    out(flags.json === true ? JSON.stringify({ agent, hubUrl, directory }) : `enrolled as ${agent} at ${hubUrl}`);
    return 0;
  },
};

/** What root writes into the folder of a service's own user, that user could not read; and it could lay links there. */
function refuseFolderOfAnother(directory: string): void {
  const { uid } = statSync(directory);
  if (process.geteuid?.() !== 0 || uid === 0) return;
  throw new AgentError(
    'USAGE',
    `${directory} belongs to user ${uid}, who runs the agent and could not read what root writes`,
    `run sudo -u '#${uid}' airis-agent enroll --dir ${directory}`,
  );
}

function readToken(token: string | undefined, file: string | undefined): string {
  if (token !== undefined) return token.trim();
  try {
    // Descriptor 0 is standard input.
    return readFileSync(file === undefined || file === '-' ? 0 : file, 'utf8')
      .slice(0, MAX_TOKEN_BYTES)
      .trim();
  } catch (cause) {
    throw new AgentError('USAGE', `no token can be read from ${file ?? 'standard input'}`, 'give --token-file F', {
      cause,
    });
  }
}
