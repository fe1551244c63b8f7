import { semconv } from '@airis/protocol';
import { z } from 'zod';
import { BoundedAttributes } from './bounded-attributes.ts';
import { defineCollector, type LinkSeen, type SeenChange } from './collector.ts';
import type { Host } from './host.ts';
import { parseNeighbours } from './lldp-neighbours.ts';

const config = z.strictObject({
  program: z.string().min(1).max(1_024).default('lldpcli').describe('of lldpd, found on PATH, or an absolute path'),
  socket: z.string().startsWith('/').max(200).default('/run/lldpd.socket').describe('where lldpd listens'),
});
type Config = z.output<typeof config>;

const LIMITS = { timeoutMs: 5_000, maxBytes: 1024 * 1024 } as const;
const INTERFACES = 64;

interface State {
  readonly attributes: BoundedAttributes;
  links: readonly LinkSeen[] | null;
  changes: SeenChange[];
}

/** Which switch port each network card of this host hangs on, as lldpd has heard it; tells when that changes. */
export const lldpCollector = defineCollector({
  name: 'lldp',
  watches: 'host',
  config,
  everyMs: 60_000,
  capabilities: ['program'],
  emits: {
    'airis.lldp.neighbors': { unit: '{neighbor}', kind: 'gauge', about: 'devices that an interface hears by LLDP' },
  },
  state: (): State => ({
    attributes: new BoundedAttributes(INTERFACES, (name) => ({ [semconv.attribute.networkInterface]: name })),
    links: null,
    changes: [],
  }),
  applies: isThere,
  async collect(host, settings, out, state) {
    // A daemon that was stopped has told nothing of the wires.
    if (!(await isThere(host, settings))) return;
    const links = parseNeighbours(await askLldpd(host, settings));
    const names = new Set([...links, ...(state.links ?? [])].map(({ interfaceName }) => interfaceName));
    for (const name of names) {
      const named = state.attributes.get(name);
      if (named !== null) out.write('airis.lldp.neighbors', ofInterface(links, name).length, named);
    }
    if (state.links !== null) state.changes.push(...changesOf(state.links, links, names, host.nowMs()));
    state.links = links;
  },
  context: ({ links }) => ({ links: links ?? [] }),
  takeChanges(state) {
    const { changes } = state;
    state.changes = [];
    return changes;
  },
});

async function isThere(host: Host, { socket }: Config): Promise<boolean> {
  return (await host.fileStamp(socket)) !== null;
}

async function askLldpd(host: Host, { program, socket }: Config): Promise<string> {
  const answer = await host.run?.(program, ['-u', socket, '-f', 'json0', 'show', 'neighbors'], LIMITS);
  if (answer === undefined) throw new Error('no capability to run a program');
  if (answer.code !== 0 || !answer.text.trim().startsWith('{')) {
    throw new Error(
      `${program} ended with ${answer.code ?? 'no answer in time'}: is lldpd running, and may this user ask it (usermod -aG _lldpd airis-agent)?`,
    );
  }
  return answer.text;
}

const ofInterface = (links: readonly LinkSeen[], name: string) =>
  links.filter(({ interfaceName }) => interfaceName === name);
const placeOf = ({ deviceName, port }: LinkSeen) => `${deviceName} ${port}`;

function changesOf(
  before: readonly LinkSeen[],
  now: readonly LinkSeen[],
  names: ReadonlySet<string>,
  atUnixMs: number,
): SeenChange[] {
  const changes: SeenChange[] = [];
  for (const name of names) {
    const from = ofInterface(before, name).map(placeOf).sort().join(', ');
    const to = ofInterface(now, name).map(placeOf).sort().join(', ');
    if (from === to || from === '') continue;
    const isGone = to === '';
    changes.push({
      kind: 'link-changed',
      atUnixMs: Math.round(atUnixMs),
      summary: {
        ko: isGone
          ? `${name}: 스위치 이웃(${from})이 보이지 않습니다`
          : `${name}: 연결된 스위치 포트가 ${from}에서 ${to}(으)로 바뀌었습니다`,
        en: isGone ? `${name}: its neighbour ${from} is no longer heard` : `${name}: moved from ${from} to ${to}`,
      },
      attributes: { [semconv.attribute.networkInterface]: name },
    });
  }
  return changes;
}
