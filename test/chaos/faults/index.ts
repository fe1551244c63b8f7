import type { Fault } from '../fault.ts';
import { clonedIdentity } from './cloned.ts';
import { agentDiskFull, spoolAtCap } from './full.ts';
import { hubBeforeReceipt } from './hub-before-receipt.ts';
import { hubDiskFull } from './hub-disk-full.ts';
import { killAgent, killHub, killNats, killStore } from './kill.ts';
import { setBack, setBackOffline } from './set-back.ts';

export const faults: readonly Fault[] = [
  killAgent,
  killNats,
  killStore,
  killHub,
  hubBeforeReceipt,
  setBack,
  setBackOffline,
  spoolAtCap,
  agentDiskFull,
  hubDiskFull,
  clonedIdentity,
];
