import type { Subject } from './subject.ts';
import type { Surroundings } from './surroundings.ts';

/** How one finding follows from another by where they are. */
export interface Relation {
  /** By the dependencies; false: only that they are neighbours. */
  readonly isPlain: boolean;
  /** Calls between them; a link is half a call away from its caller. */
  readonly hops: number;
}

const PRESSURE_HOPS = 3;
const SYMPTOM_HOPS = 5;
const NEIGHBOUR_HOPS = 3;
/** A fault of the service that is called, or of the link to it, explains more than one of a device beneath. */
const DEVICE_HOPS = 2;
/** A detector may need this much longer for the cause than for the consequence. */
export const DETECTION_SPREAD_MS = 30_000;
/** A fault found this long after its consequence still explains it. */
export const FOUND_LATE_MS = 60_000;

/** Whether a pressure or symptom can follow from a fault or pressure; null when nothing connects them. */
export function relationOf(effect: Subject, cause: Subject, around: Surroundings): Relation | null {
  if (isDevice(cause)) return hangsOn(effect, cause, around) ? { isPlain: true, hops: DEVICE_HOPS } : null;
  if (isSilentHost(cause) && isOnHostOf(effect, cause, around)) return { isPlain: true, hops: 0 };
  const hops = plainHops(effect, cause, around);
  if (hops !== null) return { isPlain: true, hops };
  return isNeighbour(effect, cause, around) ? { isPlain: false, hops: SYMPTOM_HOPS + 1 } : null;
}

function plainHops(effect: Subject, cause: Subject, around: Surroundings): number | null {
  const onHost = hostHops(effect, cause, around);
  if (onHost !== null) return onHost;
  const most = effect.nature === 'pressure' ? PRESSURE_HOPS : SYMPTOM_HOPS;
  if (effect.trouble === 'traffic') {
    const fromAbove = upHops(effect.place, cause.place, most, around);
    if (fromAbove !== null) return fromAbove;
  }
  if (effect.place === cause.place) return ownHops(effect, cause);
  if (effect.peer === null || effect.peer === effect.place) return downHops(effect.place, cause.place, most, around);
  const ends = around.endsOf(cause.place);
  if (ends !== null && ends.caller === effect.place && ends.callee === effect.peer) return 0.5;
  const beyond = downHops(effect.peer, cause.place, most - 1, around);
  return beyond === null ? null : beyond + 1;
}

/** Of calls, and of a pool of connections, what is called is suspected before the caller itself. */
function ownHops(effect: Subject, cause: Subject): number {
  if (effect.trouble === 'pool') return cause.trouble === 'pool-leak' ? 0 : 2;
  return effect.peer === null ? 0 : 2;
}

function downHops(from: string, to: string, most: number, around: Surroundings): number | null {
  const ends = around.endsOf(to);
  if (ends === null) return around.hopsDown(from, to, most);
  const toCaller = around.hopsDown(from, ends.caller, most);
  return toCaller === null ? null : toCaller + 0.5;
}

/** From what lacks calls up to what should have made them. */
function upHops(from: string, to: string, most: number, around: Surroundings): number | null {
  const ends = around.endsOf(to);
  if (ends === null) return around.hopsDown(to, from, most);
  const toCallee = around.hopsDown(ends.callee, from, most);
  return toCallee === null ? null : toCallee + 0.5;
}

/** A whole host's shortage follows from what a scope of it does; a scope's slowness from its host's shortage. */
function hostHops(effect: Subject, cause: Subject, around: Surroundings): number | null {
  if (effect.isScoped === cause.isScoped) return null;
  if (around.machineOf(effect.agent) !== around.machineOf(cause.agent)) return null;
  if (effect.isScoped) return isHost(cause) ? 1 : null;
  if (effect.nature !== 'pressure') return 1;
  return effect.trouble === cause.trouble ? 0 : null;
}

function isNeighbour(effect: Subject, cause: Subject, around: Surroundings): boolean {
  const isSameMachine = around.machineOf(effect.agent) === around.machineOf(cause.agent);
  if (effect.nature === 'pressure') return isSameMachine && effect.isScoped !== cause.isScoped;
  if (isSameMachine) return true;
  return around.hopsAround(effect.place, cause.place, NEIGHBOUR_HOPS) !== null;
}

/** What a broken network does to services and to links between them. */
const networkTroubles: ReadonlySet<string> = new Set([
  'latency',
  'errors',
  'traffic',
  'call-latency',
  'call-errors',
  'link-latency',
  'network-errors',
]);

/** The trouble may be one of the network, and its machine or that of the other side hangs on the device, and on its port that is down. */
function hangsOn(effect: Subject, device: Subject, around: Surroundings): boolean {
  return (
    networkTroubles.has(effect.trouble) && agentsOf(effect, around).some((agent) => isCutOff(agent, device, around))
  );
}

function isCutOff(agent: string, { entity, port }: Subject, around: Surroundings): boolean {
  const ports = around.portsOf(agent, entity);
  return port === null ? ports.length > 0 : ports.includes(port);
}

/** Of both ends of a link or call, as far as they are known. */
function agentsOf({ agent, place, peer }: Subject, around: Surroundings): readonly string[] {
  const ends = around.endsOf(place);
  const others = ends === null ? [peer] : [ends.caller, ends.callee];
  return [agent, ...others.flatMap((entity) => (entity === null ? [] : (around.agentOf(entity) ?? [])))];
}

/** A device is asked by an agent, and is not on its host. */
const isDevice = ({ entity }: Subject): boolean => entity.startsWith('device:');
const isHost = ({ entity }: Subject): boolean => entity.startsWith('host:');
const isSilentHost = (subject: Subject): boolean => isHost(subject) && subject.trouble === 'missing';

function isOnHostOf(subject: Subject, host: Subject, around: Surroundings): boolean {
  if (subject.agent === host.agent) return true;
  return !host.isScoped && around.machineOf(subject.agent) === around.machineOf(host.agent);
}

/** Whether one fault plainly follows from another: what is not listed here is a fault of its own. */
export function isConsequence(effect: Subject, cause: Subject, around: Surroundings): boolean {
  return effect !== cause && consequences.some((rule) => rule(effect, cause, around));
}

type Rule = (effect: Subject, cause: Subject, around: Surroundings) => boolean;

/** What follows at once begins this close to its cause, as far as detection can tell. */
const AT_ONCE_MS = 20_000;
/** Statements that have waited for a lock are counted as slow when they end, just after the lock. */
const AFTERMATH_MS = 5_000;
/** A program that has just started reads, compiles and fills its caches for this long. */
const WARM_UP_MS = 45_000;
/** A heap must have grown for this long before it troubles anything. */
const GROWTH_MS = 10_000;

/** The effect begins while the cause holds, or this much before or after it. */
function beginsWithin(effect: Subject, cause: Subject, beforeMs: number, afterMs = 0): boolean {
  return effect.onset >= cause.onset - beforeMs && effect.onset <= cause.end + afterMs;
}

const isAtOnce = (effect: Subject, cause: Subject): boolean => Math.abs(effect.onset - cause.onset) <= AT_ONCE_MS;

/** No two of them go in a circle: device, silent host, memory, then cpu, missing and lock, then the rest. */
const consequences: readonly Rule[] = [
  // A device or port that is down takes machines that hang on it along, and links between them.
  (effect, cause, around) => {
    if (!isDevice(cause) || isDevice(effect) || !beginsWithin(effect, cause, FOUND_LATE_MS)) return false;
    return isSilentHost(effect) ? isCutOff(effect.agent, cause, around) : hangsOn(effect, cause, around);
  },
  // A silent host takes everything on it along; of several agents of one silent machine, the whole host's speaks.
  (effect, cause, around) => {
    if (!isSilentHost(cause) || !beginsWithin(effect, cause, FOUND_LATE_MS)) return false;
    if (!isSilentHost(effect)) return !isDevice(effect) && isOnHostOf(effect, cause, around);
    return around.machineOf(effect.agent) === around.machineOf(cause.agent) && speaksBefore(cause, effect);
  },
  // The kernel ends what takes too much memory, and a full heap keeps a processor busy collecting.
  (effect, cause) =>
    cause.trouble === 'memory' &&
    cause.place === effect.place &&
    (effect.trouble === 'missing' || effect.trouble === 'cpu') &&
    beginsWithin(effect, cause, -GROWTH_MS),
  // What comes back after it was gone warms up.
  (effect, cause) =>
    cause.trouble === 'missing' &&
    cause.place === effect.place &&
    (effect.trouble === 'cpu' || effect.trouble === 'memory') &&
    effect.onset >= cause.end &&
    effect.onset <= cause.end + WARM_UP_MS,
  // A statement that waits for a lock is a slow one too.
  (effect, cause) =>
    cause.trouble === 'lock' &&
    effect.trouble === 'slow-statement' &&
    cause.entity === effect.entity &&
    beginsWithin(effect, cause, AT_ONCE_MS, AFTERMATH_MS),
  // Calls to somebody gone look like a bad link until it is back and warm; to somebody too busy, from the first moment.
  (effect, cause, around) => {
    const ends = around.endsOf(effect.place);
    if (ends === null || (cause.place !== ends.callee && cause.place !== ends.caller)) return false;
    const isWarming = cause.trouble === 'missing' && cause.place === ends.callee;
    if (isWarming && beginsWithin(effect, cause, AT_ONCE_MS, WARM_UP_MS)) return true;
    return (cause.trouble === 'missing' || cause.trouble === 'cpu') && isAtOnce(effect, cause);
  },
  // The whole host's agent sees the same process gone, or the same disk filling, as the scope's own.
  (effect, cause, around) =>
    !effect.isScoped &&
    cause.isScoped &&
    around.machineOf(effect.agent) === around.machineOf(cause.agent) &&
    beginsWithin(effect, cause, FOUND_LATE_MS) &&
    ((effect.trouble === 'missing' && cause.trouble === 'missing') ||
      (effect.trouble === 'file-system' && cause.trouble === 'directory')),
];

function speaksBefore(one: Subject, other: Subject): boolean {
  if (one.isScoped !== other.isScoped) return !one.isScoped;
  return one.key < other.key;
}
