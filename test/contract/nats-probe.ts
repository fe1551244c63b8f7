import { readIdentity } from '../../agent/src/identity.ts';
import { connectToServer } from '../../agent/src/link/server-connection.ts';

/** `nats-probe.ts FOLDER with|without`: says whether the broker takes the agent with, or without, its certificate. */
const [folder = '', certificate = ''] = process.argv.slice(2);
const identity = readIdentity(folder);
if (identity === null) throw new Error(`${folder} holds no identity`);
try {
  const shown = certificate === 'with' ? identity : { ...identity, certificatePem: null };
  const connection = await connectToServer(shown);
  await connection.flush();
  process.stdout.write(`connected to ${connection.getServer()}\n`);
  await connection.close();
} catch (error) {
  process.stdout.write(`refused: ${String(error)}\n`);
}
process.exit(0);
