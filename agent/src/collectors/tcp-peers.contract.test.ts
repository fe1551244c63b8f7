import { expect, it } from 'vitest';
import { readInOwnNetwork } from './network-under-test.ts';

const node = process.execPath;
it('tells round trip and retransmissions of a real connection over a wire that loses packets', () => {
  const lossy =
    'nft add table ip t; nft add chain ip t i "{ type filter hook input priority 0; }"; nft add rule ip t i tcp dport 7000 numgen inc mod 3 0 drop';
  const server = `timeout 10 ${node} -e "require(\\"net\\").createServer((s) => s.pipe(s)).listen(7000)" & sleep 0.7; ${lossy}`;
  const client = `timeout 10 ${node} -e 'const s = require("net").connect(7000, "10.77.0.2"); let n = 0; s.on("error", () => {}); const t = setInterval(() => { s.write("x".repeat(100)); if (++n > 100) clearInterval(t); }, 20)' & sleep 3`;
  const samples = readInOwnNetwork({ name: 'tcp-peers' }, { far: server, near: client });
  const value = (metric: string) =>
    samples.find((one) => one.metric === metric && one.attributes['server.port'] === '7000')?.value;
  expect(value('airis.tcp.connections')).toBe(1);
  expect(value('airis.tcp.retransmits')).toBeGreaterThan(3);
  expect(value('airis.tcp.round_trip')).toBeLessThan(0.5);
  expect(samples[0]?.attributes['server.address']).toBe('10.77.0.2');
});
