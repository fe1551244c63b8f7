import type { Host } from '../collectors/host.ts';
import { apacheRole } from './apache.ts';
import { readHostEvidence } from './host-evidence.ts';
import { knownPrograms, programRole } from './known-programs.ts';
import { mysqlRole } from './mysql.ts';
import { nginxRole } from './nginx.ts';
import { postgresqlRole } from './postgresql.ts';
import type { FoundRole, RoleDefinition } from './role-definition.ts';
import { tomcatRole } from './tomcat.ts';

/** Every role that can be recognised; a new one is one file and one line, or a line among the known programs. */
export const roles: readonly RoleDefinition[] = [
  nginxRole,
  apacheRole,
  tomcatRole,
  postgresqlRole,
  mysqlRole,
  ...knownPrograms.map(programRole),
];

/** What runs on this host now, with the evidence for believing so. */
export async function findRoles(host: Host, definitions: readonly RoleDefinition[] = roles): Promise<FoundRole[]> {
  const evidence = await readHostEvidence(host);
  return (await Promise.all(definitions.map((definition) => definition.find(evidence)))).flat();
}
