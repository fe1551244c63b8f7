import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../../agent/src/free-port-under-test.ts';
import { ensureJolokia } from './jolokia.ts';

const HOME = '/usr/share/tomcat10';
const PASSWORD = 'only-for-the-test';
const libraries = ['eclipse-jdt-core', 'HikariCP', 'slf4j-api', 'slf4j-nop', 'hsqldb'].map(
  (name) => `/usr/share/java/${name}.jar`,
);

/** A real Tomcat with Jolokia, 4 threads, a tomcat-jdbc pool of 2 and a HikariCP pool of 3 connections. */
export interface TestTomcat {
  readonly url: string;
  /** Settings of a collector that may ask its Jolokia. */
  readonly jolokia: { readonly url: string; readonly user: string; readonly passwordFile: string };
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param javaArguments - further ones of the JVM */
export async function startTestTomcat(javaArguments: readonly string[] = []): Promise<TestTomcat> {
  const missing = [join(HOME, 'bin/bootstrap.jar'), ...libraries].find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new Error(
      `${missing} is missing: apt-get install tomcat10-common default-jre-headless libhikaricp-java libhsqldb-java`,
    );
  }
  const jolokia = await jolokiaJar();
  const base = await mkdtemp(join(tmpdir(), 'airis-tomcat-'));
  const [port, jolokiaPort] = [await freePort(), await freePort()];
  for (const folder of ['conf', 'logs', 'temp', 'work', 'webapps/ROOT']) {
    await mkdir(join(base, folder), { recursive: true });
  }
  const passwordFile = join(base, 'conf/jolokia.password');
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  await writeFile(join(base, 'conf/server.xml'), serverXml(port));
  await writeFile(join(base, 'conf/web.xml'), webXml);
  await writeFile(join(base, 'webapps/ROOT/hold.jsp'), holdPage);
  await writeFile(join(base, 'webapps/ROOT/sql.jsp'), sqlPage);
  const process = spawn(
    '/usr/bin/java',
    [
      '-Xmx128m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-javaagent:${jolokia}=port=${jolokiaPort},host=127.0.0.1,user=watcher,password=${PASSWORD}`,
      ...javaArguments,
      `-Dcatalina.home=${HOME}`,
      `-Dcatalina.base=${base}`,
      `-Djava.io.tmpdir=${join(base, 'temp')}`,
      '-cp',
      [join(HOME, 'bin/bootstrap.jar'), join(HOME, 'bin/tomcat-juli.jar'), ...libraries].join(':'),
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((done) => process.once('exit', done));
  const tomcat: TestTomcat = {
    url: `http://127.0.0.1:${port}`,
    jolokia: { url: `http://127.0.0.1:${jolokiaPort}/jolokia/`, user: 'watcher', passwordFile },
    async [Symbol.asyncDispose]() {
      process.kill('SIGKILL');
      await ended;
      await rm(base, { recursive: true, force: true });
    },
  };
  await answers(`${tomcat.url}/hold.jsp?ms=0`);
  return tomcat;
}

/** Fetched where it is not there; a busy machine may need more than one try. */
async function jolokiaJar(): Promise<string> {
  let said = '';
  for (let tries = 0; tries < 3; tries++) {
    const jar = await ensureJolokia(resolve(import.meta.dirname, '../..'), (text) => {
      said = text;
    });
    if (jar !== null) return jar;
  }
  throw new Error(said);
}

const serverXml = (port: number) => `<Server port="-1">
  <Service name="Catalina">
    <Executor name="shared" namePrefix="shared-" maxThreads="4" minSpareThreads="1"/>
    <Connector port="${port}" address="127.0.0.1" executor="shared"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps">
        <Context path="" docBase="ROOT">
          <Resource name="jdbc/shop" type="javax.sql.DataSource" factory="org.apache.tomcat.jdbc.pool.DataSourceFactory"
                    driverClassName="org.hsqldb.jdbc.JDBCDriver" url="jdbc:hsqldb:mem:shop" username="SA" password=""
                    initialSize="2" maxActive="2" maxWait="20000" jmxEnabled="true"/>
        </Context>
      </Host>
    </Engine>
  </Service>
</Server>`;

const webXml = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet><servlet-name>jsp</servlet-name><servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class></servlet>
  <servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
</web-app>`;

/** Holds a connection of each pool for so many milliseconds. */
const holdPage = `<%@ page import="java.sql.Connection,javax.naming.InitialContext,javax.sql.DataSource,com.zaxxer.hikari.*" %><%!
  private static HikariDataSource hikari;
  private static synchronized HikariDataSource pool() {
    if (hikari == null) {
      HikariConfig config = new HikariConfig();
      config.setPoolName("orders");
      config.setDriverClassName("org.hsqldb.jdbc.JDBCDriver");
      config.setJdbcUrl("jdbc:hsqldb:mem:orders");
      config.setUsername("SA");
      config.setMaximumPoolSize(3);
      config.setMinimumIdle(3);
      config.setRegisterMbeans(true);
      hikari = new HikariDataSource(config);
    }
    return hikari;
  }
%><%
  DataSource shop = (DataSource) new InitialContext().lookup("java:comp/env/jdbc/shop");
  try (Connection one = pool().getConnection(); Connection two = shop.getConnection()) {
    Thread.sleep(Long.parseLong(request.getParameter("ms")));
  }
%>ok`;

/** Asks the database with a value in the statement, as it should not. */
const sqlPage = `<%@ page import="java.sql.*,javax.naming.InitialContext,javax.sql.DataSource" %><%
  DataSource shop = (DataSource) new InitialContext().lookup("java:comp/env/jdbc/shop");
  try (Connection connection = shop.getConnection(); Statement statement = connection.createStatement();
       ResultSet found = statement.executeQuery(
         "select count(*) from INFORMATION_SCHEMA.TABLES where TABLE_NAME = '010-9876-5432'")) {
    found.next();
    out.print("found " + found.getInt(1));
  }
%>`;

async function answers(url: string): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      const answer = await fetch(url);
      if (answer.ok) return;
      if (answer.status === 500) throw new Error(`${url} fails: ${await answer.text()}`);
    } catch (cause) {
      if (Date.now() > until || String(cause).includes('fails')) throw new Error(`Tomcat does not answer`, { cause });
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}
