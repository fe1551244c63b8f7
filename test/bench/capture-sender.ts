import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** `capture-sender.ts PER_SECOND SECONDS`: small datagrams on loopback to itself, evenly; prints how many. */
const [perSecond = '0', seconds = '0'] = process.argv.slice(2);
const sink = createSocket('udp4').bind(0, '127.0.0.1');
await once(sink, 'listening');
const { port } = sink.address();
const socket = createSocket('udp4');
const payload = Buffer.alloc(100, 7);
const total = Number(perSecond) * Number(seconds);
const startMs = performance.now();
let sent = 0;
const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1_000) * Number(perSecond)));
  for (; sent < due; sent++) socket.send(payload, port, '127.0.0.1');
  if (sent < total) return;
  clearInterval(timer);
  setTimeout(() => {
    process.stdout.write(`${sent}\n`);
    socket.close();
    sink.close();
  }, 200);
}, 2);
