import { spawnSync } from 'node:child_process';

/** `npm run check`: format, lint, types, import directions, unused code; each to its end, so that one run shows all. */
const checks = [
  {
    title: 'format and lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--diagnostic-level=error', '.'],
  },
  { title: 'types', args: ['node_modules/typescript/bin/tsc', '-b'] },
  {
    title: 'import directions',
    args: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'test/architecture.test.ts'],
  },
  { title: 'unused code', args: ['node_modules/knip/bin/knip.js'] },
  { title: 'settings page', args: ['--conditions=airis-source', 'install/settings-page.ts', '--check'] },
  { title: 'metrics page', args: ['--conditions=airis-source', 'install/metrics-page.ts', '--check'] },
  { title: 'licences', args: ['install/licences.ts', '--check'] },
] as const;

let failed = 0;
for (const check of checks) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, check.args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`  ${status === 0 ? '✓' : '✗'} ${check.title} (${seconds} s)\n`);
  if (status !== 0) {
    failed += 1;
    process.stdout.write(`${stdout}${stderr}\n`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
