import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AGENT_VERSION } from '../../agent/src/version.ts';
import { agentEntries, agentText, LEAST_GLIBC, LEAST_GLIBCXX } from './agent-contents.ts';
import { debOf } from './deb.ts';
import { releaseKey, signedBy } from './release-signature.ts';
import { rpmOf } from './rpm.ts';

/**
 * Last step of `npm run build:agent`: `.deb` and `.rpm` of `dist/airis-agent`, made here without root and without
 * tools of either family, then the checksums of all that is handed out, and their signature.
 */
const root = join(import.meta.dirname, '../..');
const dist = join(root, 'dist');
const { values } = parseArgs({ options: { key: { type: 'string', default: join(root, '.airis/release-key.pem') } } });

const script = (name: string): string => readFileSync(join(import.meta.dirname, 'scripts', name), 'utf8');
const text = agentText(AGENT_VERSION);
const entries = agentEntries(join(dist, 'airis-agent'));

const deb = debOf(
  text,
  {
    // GCC 6 came with GLIBCXX_3.4.22.
    depends: [`libc6 (>= ${LEAST_GLIBC})`, 'libstdc++6 (>= 6)', 'libgcc-s1 | libgcc1', 'passwd'],
    recommends: ['ca-certificates', 'iproute2', 'iputils-ping', 'sudo'],
  },
  { postinst: script('deb-postinst'), prerm: script('deb-prerm'), postrm: script('deb-postrm') },
  entries,
);
const rpm = rpmOf(
  text,
  [
    `libc.so.6(GLIBC_${LEAST_GLIBC})(64bit)`,
    `libstdc++.so.6(GLIBCXX_${LEAST_GLIBCXX})(64bit)`,
    'libgcc_s.so.1()(64bit)',
  ],
  ['/usr/sbin/useradd'],
  { pre: script('rpm-pre'), post: script('rpm-post'), preun: script('rpm-preun'), postun: script('rpm-postun') },
  entries,
);

const archiveName = `airis-agent-${AGENT_VERSION}-linux-x64.tar.gz`;
const debName = `airis-agent_${AGENT_VERSION}_amd64.deb`;
const rpmName = `airis-agent-${AGENT_VERSION}-1.x86_64.rpm`;
writeFileSync(join(dist, debName), deb);
writeFileSync(join(dist, rpmName), rpm);

const sums = Buffer.from([archiveName, debName, rpmName].map((name) => `${sha256Of(name)}  ${name}\n`).join(''));
const { signature, publicKeyPem } = signedBy(releaseKey(values.key), sums);
writeFileSync(join(dist, 'SHA256SUMS'), sums);
writeFileSync(join(dist, 'SHA256SUMS.sig'), signature);
writeFileSync(join(dist, 'airis-release.pem'), publicKeyPem);
// What an earlier version of this command wrote beside the archive would go stale.
rmSync(join(dist, `${archiveName}.sha256`), { force: true });

for (const name of [debName, rpmName]) {
  process.stdout.write(`dist/${name}: ${(statSync(join(dist, name)).size / 1e6).toFixed(1)} MB\n`);
}
process.stdout.write(
  `dist/SHA256SUMS, signed by ${keyName(publicKeyPem)}: dist/SHA256SUMS.sig, dist/airis-release.pem\n`,
);

function sha256Of(name: string): string {
  return createHash('sha256')
    .update(readFileSync(join(dist, name)))
    .digest('hex');
}

/** What `sha256sum airis-release.pem` begins with: to be told to those who check by another way than the file. */
function keyName(pem: string): string {
  return createHash('sha256').update(pem).digest('hex').slice(0, 16);
}
