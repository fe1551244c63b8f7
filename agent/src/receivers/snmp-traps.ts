import { isIP, isIPv6 } from 'node:net';
import type { User } from 'net-snmp';
import { z } from 'zod';
import { listenAddress, placeOf } from '../collectors/listen-address.ts';
import { AgentError } from '../errors.ts';
import { type Notification, textOfTrap } from '../snmp/trap-text.ts';
import type { LogLine } from './log-line.ts';
import { defineReceiver, type Receiver, type ReceiverParts } from './receiver.ts';
import { SenderRates } from './sender-rates.ts';
import { SyslogSources } from './syslog-sources.ts';

const file = z.string().min(1).max(1_024);

const config = z
  .strictObject({
    listen: listenAddress.describe('where devices send SNMP traps: `0.0.0.0:162`; null: not at all'),
    communityFile: file
      .optional()
      .describe('versions 1 and 2c: file that holds the community and nothing else; other communities are refused'),
    users: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(32),
          authProtocol: z.enum(['sha', 'sha256', 'sha512', 'md5']).default('sha256'),
          authPasswordFile: file,
          privProtocol: z.enum(['aes', 'aes256b', 'aes256r', 'des']).default('aes'),
          privPasswordFile: file.optional(),
        }),
      )
      .max(16)
      .default([])
      .describe('version 3: who may send'),
    maxTrapsPerSecond: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe('of one device; further ones are dropped and counted'),
  })
  .refine(({ listen, communityFile, users }) => listen === null || communityFile !== undefined || users.length > 0, {
    error: 'listen needs communityFile, users, or both',
  });
type Config = z.output<typeof config>;

const QUEUE_LIMIT = 1_000;

/** What of net-snmp's receiver is used; its types leave it open. */
interface SnmpListener {
  getAuthorizer(): { addCommunity(community: string): void; addUser(user: User): void };
  close(done: () => void): void;
  readonly listener?: { readonly sockets: Readonly<Record<string, { address(): { port: number } }>> };
}

/** What devices tell unasked: traps and informs of SNMP 1, 2c and 3, as lines of the source `snmp-trap:<address>`. */
export const snmpTrapsReceiver = defineReceiver({
  name: 'snmp-traps',
  config,
  start: async (parts, settings) =>
    settings.listen === null ? null : await startTraps(parts, settings, settings.listen),
});

async function startTraps(parts: ReceiverParts, settings: Config, place: string): Promise<Receiver> {
  const { default: snmp } = await import('net-snmp');
  const { host, port } = placeOf(place);
  const { refusals, sink } = parts;
  const rates = new SenderRates(settings.maxTrapsPerSecond);
  const sources = new SyslogSources();
  let queue: LogLine[] = [];

  function take(notification: Notification): void {
    const nowMs = parts.host.nowMs();
    const sender = notification.rinfo.address.replace(/^::ffff:(?=\d+\.)/, '');
    const barred = !rates.take(sender, nowMs)
      ? 'snmp-trap-rate'
      : queue.length >= QUEUE_LIMIT
        ? 'snmp-trap-queue-full'
        : null;
    if (barred !== null) {
      refusals.count(barred);
      return;
    }
    const own = `snmp-trap:${isIP(sender) === 0 ? 'unknown' : sender}`;
    const source = sources.admit(own, sender, nowMs) ? own : 'snmp-trap:other';
    queue.push({ source, timeUnixMs: nowMs, ...textOfTrap(notification) });
  }

  const listener = await opened(place, (failed) => {
    const options = { address: host, port, transport: isIPv6(host) ? 'udp6' : 'udp4', accessControlModelType: 0 };
    // The library's types say nothing here; the shapes are those of its documentation.
    return snmp.createReceiver(options, (error: Error | null, notification?: Notification) => {
      if (error !== null) {
        failed(error);
        refusals.count('snmp-trap-refused');
      } else if (notification !== undefined) {
        try {
          take(notification);
        } catch {
          // Nothing that a stranger sends may end the agent.
          refusals.count('snmp-trap-malformed');
        }
      }
    }) as SnmpListener;
  });
  const secret = async (path: string): Promise<string> => (await parts.host.readText(path)).trim();
  const authorizer = listener.getAuthorizer();
  if (settings.communityFile !== undefined) authorizer.addCommunity(await secret(settings.communityFile));
  for (const { name, authProtocol, authPasswordFile, privProtocol, privPasswordFile } of settings.users) {
    const authenticated = {
      name,
      authProtocol: snmp.AuthProtocols[authProtocol],
      authKey: await secret(authPasswordFile),
    };
    authorizer.addUser(
      privPasswordFile === undefined
        ? { ...authenticated, level: snmp.SecurityLevel.authNoPriv }
        : {
            ...authenticated,
            level: snmp.SecurityLevel.authPriv,
            privProtocol: snmp.PrivProtocols[privProtocol],
            privKey: await secret(privPasswordFile),
          },
    );
  }

  return {
    poll() {
      let done = 0;
      while (done < queue.length && sink.accept(queue[done]!)) done++;
      queue = queue.slice(done);
    },
    sources: () => [`snmp-trap:${host}:${boundPort(listener) ?? port}`],
    async [Symbol.asyncDispose]() {
      for (const line of queue) if (!sink.accept(line)) refusals.count('snmp-trap-lost-at-stop');
      queue = [];
      await new Promise<void>((done) => listener.close(() => done()));
    },
  };
}

const OPENS_WITHIN_MS = 1_000;

/** The library opens its port by itself and tells of failure only by its callback. */
async function opened(place: string, make: (failed: (error: Error) => void) => SnmpListener): Promise<SnmpListener> {
  let problem: Error | null = null;
  const listener = make((error) => {
    problem ??= error;
  });
  const endsAtMs = performance.now() + OPENS_WITHIN_MS;
  while (boundPort(listener) === null && problem === null && performance.now() < endsAtMs) {
    await new Promise((done) => setTimeout(done, 10));
  }
  if (boundPort(listener) !== null) return listener;
  throw new AgentError(
    'SNMP_TRAPS_CANNOT_LISTEN',
    `SNMP traps cannot be taken on ${place}`,
    'free the port, or take one above 1023, or grant CAP_NET_BIND_SERVICE',
    problem === null ? {} : { cause: problem },
  );
}

function boundPort({ listener }: SnmpListener): number | null {
  const [socket] = Object.values(listener?.sockets ?? {});
  try {
    // Port 0: it could not be bound.
    return socket?.address().port || null;
  } catch {
    // Not bound yet.
    return null;
  }
}
