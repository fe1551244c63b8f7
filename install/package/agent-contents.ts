import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { PackageEntry, PackageText } from './entry.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
const USER = 'airis-agent';
const data = '/var/lib/airis-agent';

/** What the packages say of the agent. */
export const agentText = (version: string): PackageText => ({
  name: 'airis-agent',
  version,
  summary: 'AIRIS-MON agent: sees what this host does and tells a hub',
  description: [
    'Collects metrics, logs, traces and transactions, finds anomalies on the host',
    'itself and sends summaries to an AIRIS-MON hub. It runs as a user of its own,',
    'and does nothing until this host is enrolled.',
  ],
  maintainer: 'AIRIS-MON <airis-mon@localhost>',
  homepage: null,
});

/** The highest symbol versions of everything packed; a test reads them out of the binary. */
export const LEAST_GLIBC = '2.28';
export const LEAST_GLIBCXX = '3.4.22';

/** @param binary - the built program, which carries its libraries inside */
export function agentEntries(binary: string): PackageEntry[] {
  const attach = join(root, 'dist/agent/attach');
  const files = [
    file('/usr/bin/airis-agent', binary, 0o755),
    file('/usr/lib/systemd/system/airis-agent.service', join(here, 'airis-agent.service')),
    file('/usr/share/doc/airis-agent/README', join(here, 'README')),
    file('/usr/share/doc/airis-agent/licences.md', join(root, 'docs/licences.md')),
    ...filesBelow(attach).map((path) => file(`/usr/lib/airis-agent/attach/${path}`, join(attach, path))),
    { ...file('/etc/airis-agent/agent.yaml', join(here, 'agent.yaml')), isConfig: true },
  ];
  return [
    ...files,
    ...ownFolders(files.map(({ path }) => path)),
    { kind: 'folder', path: data, mode: 0o700, owner: USER },
    // The agent reads its settings from its folder; operators look for them in /etc.
    { kind: 'link', path: `${data}/agent.yaml`, target: '/etc/airis-agent/agent.yaml' },
  ];
}

const file = (path: string, source: string, mode = 0o644) => ({
  kind: 'file' as const,
  path,
  mode,
  content: readFileSync(source),
  isConfig: false,
});

/** Folders named after the agent and those in them: RPM removes only what a package owns. */
function ownFolders(paths: readonly string[]): PackageEntry[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder.includes('/airis-agent'); folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].map((path) => ({ kind: 'folder', path, mode: 0o755, owner: 'root' }));
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
