import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { answersHttp, createTierProcess } from '../tier-process.ts';
import { firstExisting, notInstalled, type RunningTier, type TierPlace } from './tier.ts';

const run = promisify(execFile);
const HOME = '/usr/share/tomcat10';
const javaPaths = ['/usr/bin/java', '/usr/lib/jvm/default-java/bin/java', '/usr/lib/jvm/default-runtime/bin/java'];
const compilerPaths = ['/usr/share/java/eclipse-jdt-core.jar', '/usr/share/java/ecj.jar'];
const source = resolve(import.meta.dirname, '../was-app');

export const tomcatMissing = notInstalled('Tomcat 10', 'tomcat10-common default-jre-headless');

export interface WasOptions {
  readonly port: number;
  readonly jolokiaPort: number;
  /** Null: without it Tomcat's inside is not seen. */
  readonly jolokiaJar: string | null;
  /** Where the app is reached. */
  readonly appUrl: string;
}

/** Tomcat with one JSP that asks the app. Null where there is no Tomcat or no Java. */
export async function startTomcat(place: TierPlace, options: WasOptions): Promise<RunningTier | null> {
  const java = firstExisting(javaPaths);
  const compiler = firstExisting(compilerPaths);
  if (java === null || compiler === null || firstExisting([join(HOME, 'bin/bootstrap.jar')]) === null) return null;
  const base = join(place.folder, 'base');
  await layOut(base, options.port);
  const { jolokiaJar, jolokiaPort, port } = options;
  const pidFile = join(place.folder, 'was.pid');
  const logFile = join(place.logFolder, 'was.log');
  const tier = createTierProcess(
    {
      name: 'was',
      command: java,
      args: [
        '-Xms160m',
        '-Xmx256m',
        // Its counters for tools would lie in a file outside of the shop's folder.
        '-XX:-UsePerfData',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        ...(jolokiaJar === null ? [] : [`-javaagent:${jolokiaJar}=port=${jolokiaPort},host=127.0.0.1`]),
        `-Dshop.app=${options.appUrl}`,
        `-Dcatalina.home=${HOME}`,
        `-Dcatalina.base=${base}`,
        `-Djava.io.tmpdir=${join(base, 'temp')}`,
        '-cp',
        [join(HOME, 'bin/bootstrap.jar'), join(HOME, 'bin/tomcat-juli.jar'), compiler].join(':'),
        'org.apache.catalina.startup.Bootstrap',
        'start',
      ],
      pidFile,
      logFile,
      mark: base,
      isReady: () => answersHttp(`http://127.0.0.1:${port}/health`),
    },
    place.say,
  );
  await tier.start();
  return {
    name: 'was',
    entity: 'service:shop-was',
    title: { ko: 'WAS', en: 'WAS' },
    program: await versionOf(java),
    standInReason: null,
    process: tier,
    pidFile,
    address: `127.0.0.1:${port}`,
    url: null,
    configFiles: [join(base, 'conf/server.xml')],
    logFiles: [logFile],
    collectors: {
      'access-log': { files: [{ path: join(base, 'logs/access.log'), format: 'json' }] },
      ...(jolokiaJar === null ? {} : { tomcat: { targets: [{ url: `http://127.0.0.1:${jolokiaPort}/jolokia/` }] } }),
    },
  };
}

async function layOut(base: string, port: number): Promise<void> {
  // Tomcat keeps nothing that a new start needs.
  await rm(base, { recursive: true, force: true });
  for (const folder of ['conf', 'logs', 'temp', 'work', 'webapps/ROOT/WEB-INF']) {
    await mkdir(join(base, folder), { recursive: true });
  }
  await writeFile(join(base, 'conf/server.xml'), serverXml(port));
  await copyFile(join(source, 'server-web.xml'), join(base, 'conf/web.xml'));
  await copyFile(join(source, 'web.xml'), join(base, 'webapps/ROOT/WEB-INF/web.xml'));
  await copyFile(join(source, 'shop.jsp'), join(base, 'webapps/ROOT/WEB-INF/shop.jsp'));
}

/** Fields of the access log; texts that may be missing stand in quotes, since Tomcat writes `-` for them. */
const LOG_PATTERN = [
  '"t":%{end:sec}t.%{end:msec_frac}t',
  '"ms":%{ms}T',
  '"status":%s',
  '"method":"%m"',
  '"path":"%U"',
  '"trace":"%{trace}r"',
  '"span":"%{span}r"',
  '"parent":"%{parent}r"',
  '"peer":"%{peer}r"',
  '"peerMs":"%{peerMs}r"',
  '"peerStatus":"%{peerStatus}r"',
  '"bytes":%B',
].join(',');

const serverXml = (port: number): string => `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector port="${port}" address="127.0.0.1" protocol="org.apache.coyote.http11.Http11NioProtocol"
               maxThreads="200" minSpareThreads="8" connectionTimeout="10000" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" autoDeploy="false">
        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="access" suffix=".log"
               rotatable="false" buffered="false" pattern="{${LOG_PATTERN.replaceAll('"', '&quot;')}}" />
      </Host>
    </Engine>
  </Service>
</Server>
`;

async function versionOf(java: string): Promise<string> {
  const words = ['-cp', join(HOME, 'lib/catalina.jar'), 'org.apache.catalina.util.ServerInfo'];
  const { stdout } = await run(java, words).catch(() => ({ stdout: '' }));
  return /^Server version: *(?:Apache )?(\S+)/m.exec(stdout)?.[1] ?? 'Tomcat';
}
