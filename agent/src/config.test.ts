import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentDirectory, readConfig } from './config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string) => writeFileSync(join(folder, 'agent.yaml'), text);
const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
};

describe('configuration of the agent', () => {
  it('has defaults for everything', () => {
    const config = readConfig(folder, [], {});
    expect(config.sampling.everyMs).toBe(1_000);
    expect(config.spool.limitBytes).toBe(512 * 1024 * 1024);
  });

  it('takes flags over environment over file', () => {
    file('spool:\n  limitBytes: 100000\n  syncEveryMs: 50\nsampling:\n  everyMs: 2000\n');
    const environment = { AIRIS_AGENT_SPOOL_LIMIT_BYTES: '200000', AIRIS_AGENT_SAMPLING_EVERY_MS: '4000' };
    const config = readConfig(folder, ['spool.limitBytes=300000'], environment);
    expect(config.spool).toEqual({ limitBytes: 300_000, syncEveryMs: 50 });
    expect(config.sampling.everyMs).toBe(4_000);
  });

  it.each([
    { name: 'a key of the file', text: 'spol:\n  limitBytes: 1\n', want: /spol.*did you mean spool/ },
    {
      name: 'an inner key of the file',
      text: 'spool:\n  limitBites: 1\n',
      want: /limitBites.*did you mean limitBytes/,
    },
    { name: 'a value of the file', text: 'spool:\n  limitBytes: many\n', want: /spool\.limitBytes/ },
    { name: 'what is no mapping', text: '- 1\n', want: /not a mapping/ },
    { name: 'what is no YAML', text: 'a: [1', want: /agent\.yaml/ },
    { name: 'a collector nobody has', text: 'collectors:\n  cpuu: {}\n', want: /cpuu.*did you mean cpu/ },
  ])('refuses $name and names the nearest known', ({ text, want }) => {
    file(text);
    expect(messageOf(() => readConfig(folder, [], {}))).toMatch(want);
  });

  it('refuses names of the environment that nobody reads, and flags without a value', () => {
    const environment = { AIRIS_AGENT_SPOOL_LIMIT_BYTE: '1' };
    expect(messageOf(() => readConfig(folder, ['spool'], environment))).toMatch(
      /AIRIS_AGENT_SPOOL_LIMIT_BYTE.*AIRIS_AGENT_SPOOL_LIMIT_BYTES[\s\S]*--set spool/,
    );
  });

  it('has its folder in the data folder', () => {
    expect(agentDirectory(undefined, { AIRIS_DATA_DIR: '/data' })).toBe('/data/agent');
    expect(agentDirectory('/x', { AIRIS_DATA_DIR: '/data' })).toBe('/x');
  });
});
