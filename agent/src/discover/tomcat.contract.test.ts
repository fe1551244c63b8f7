import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { freePort } from '../free-port-under-test.ts';
import { readHostEvidence } from './host-evidence.ts';
import { tomcatRole } from './tomcat.ts';

const java = ['/usr/bin/java', '/usr/local/bin/java'].find(existsSync);
const HOME = '/usr/share/tomcat10';

it('finds a real Tomcat with its port and configuration', async () => {
  if (java === undefined || !existsSync(join(HOME, 'bin/bootstrap.jar'))) {
    throw new Error(
      'Tomcat is not installed, so finding it cannot be tested: apt-get install tomcat10-common default-jre-headless',
    );
  }
  const base = await mkdtemp(join(tmpdir(), 'airis-tomcat-'));
  const port = await freePort();
  await mkdir(join(base, 'conf'));
  await writeFile(
    join(base, 'conf/server.xml'),
    `<Server port="-1"><Service name="Catalina"><Connector port="${port}" address="127.0.0.1"/>
      <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine></Service></Server>`,
  );
  const classPath = ['bootstrap.jar', 'tomcat-juli.jar'].map((jar) => join(HOME, 'bin', jar)).join(':');
  const properties = [`-Dcatalina.base=${base}`, `-Dcatalina.home=${HOME}`, `-Djava.io.tmpdir=${base}`];
  const process = spawn(
    java,
    ['-Xmx64m', ...properties, '-cp', classPath, 'org.apache.catalina.startup.Bootstrap', 'start'],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => process.once('exit', resolve));
  try {
    const find = async () =>
      (await tomcatRole.find(await readHostEvidence(createHost()))).find((found) => found.process.pid === process.pid);
    await expect.poll(async () => (await find())?.ports, { timeout: 20_000 }).toEqual([port]);
    expect(await find()).toMatchObject({
      configPath: join(base, 'conf/server.xml'),
      configFiles: [join(base, 'conf/server.xml')],
      role: {
        name: 'tomcat',
        tier: 'was',
        state: 'running',
        evidence: expect.arrayContaining([{ kind: 'listener', text: `listens on tcp port ${port}` }]),
      },
    });
  } finally {
    process.kill('SIGKILL');
    await ended;
    await rm(base, { recursive: true, force: true });
  }
}, 30_000);
