import { existsSync } from 'node:fs';
import { type Bilingual, josa } from '@airis/protocol';
import type { TierName } from '../faults/fault.ts';
import type { TierProcess } from '../tier-process.ts';

/** A tier of the shop at work. */
export interface RunningTier {
  readonly name: TierName;
  /** What its agent speaks for. */
  readonly entity: string;
  readonly title: Bilingual;
  readonly program: string;
  /** Why a stand-in runs in the place of the real program, and what to install; null for the real one. */
  readonly standInReason: Bilingual | null;
  readonly process: TierProcess;
  readonly pidFile: string;
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly url: string | null;
  /** `agent.yaml` below `collectors`, for the agent of this tier. */
  readonly collectors: Readonly<Record<string, unknown>>;
  /** Files whose edits that agent tells. */
  readonly configFiles: readonly string[];
  /** What it writes beside its access log. */
  readonly logFiles: readonly string[];
}

/** Where a tier lives and how it speaks. */
export interface TierPlace {
  /** A folder of its own below the shop's. */
  readonly folder: string;
  readonly logFolder: string;
  readonly say: (text: string) => void;
}

export const firstExisting = (paths: readonly string[]): string | null =>
  paths.find((path) => existsSync(path)) ?? null;

/** The sentence for a tier whose program is not there. */
export const notInstalled = (program: string, packages: string): Bilingual => ({
  ko: `${josa(program, '이/가')} 설치되어 있지 않아 대역으로 실행합니다. 설치: apt-get install ${packages}`,
  en: `${program} is not installed, so a stand-in runs in its place. Install: apt-get install ${packages}`,
});
