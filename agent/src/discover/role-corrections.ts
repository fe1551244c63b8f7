import { z } from 'zod';
import { programRole } from './known-programs.ts';
import type { FoundRole, RoleDefinition } from './role-definition.ts';

const roleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'lower-case letters, digits and . _ -, at most 40')
  .describe('as status and console call it');

/** What the operator of a host knows better than discovery does. */
export const rolesConfig = z.strictObject({
  ignore: z
    .array(
      z.strictObject({
        name: roleName,
        port: z.int().min(1).max(65_535).optional().describe('only the one that listens there'),
      }),
    )
    .max(64)
    .default([])
    .describe('services that are none, or nobody’s concern: neither shown nor missed when they stop'),
  declare: z
    .array(
      z.strictObject({
        name: roleName,
        tier: z.enum(['web', 'was', 'app', 'database', 'network']),
        process: z.string().min(1).max(15).describe('short name of its process, as `ps -o comm` shows it'),
        argument: z
          .string()
          .min(1)
          .max(200)
          .optional()
          .describe('what else stands among its arguments: order-batch.jar'),
      }),
    )
    .max(32)
    .default([])
    .describe('services that discovery does not know'),
});
export type RolesConfig = z.output<typeof rolesConfig>;

/** The definitions as the operator corrects them; one that is declared is found first and is not found again as another. */
export function correctedRoles(definitions: readonly RoleDefinition[], corrections: RolesConfig): RoleDefinition[] {
  const declared = corrections.declare.map(({ name, tier, process, argument }) =>
    programRole({
      name,
      tier,
      comm: { test: (comm) => comm === process },
      argument: argument === undefined ? undefined : { test: (title) => title.includes(argument) },
      isDeclared: true,
    }),
  );
  return [
    ...declared,
    ...definitions.map((definition): RoleDefinition => {
      return {
        ...definition,
        async find(evidence) {
          const named = new Set((await Promise.all(declared.map((one) => one.find(evidence)))).flat().map(pidOf));
          return (await definition.find(evidence)).filter(
            (found) => !isIgnored(found, corrections) && !named.has(pidOf(found)),
          );
        },
      };
    }),
  ];
}

/** True for a service that the operator wants to hear nothing of. */
export function isIgnored({ role, ports }: FoundRole, { ignore }: RolesConfig): boolean {
  return ignore.some(({ name, port }) => role.name === name && (port === undefined || ports.includes(port)));
}

const pidOf = ({ process }: FoundRole): number => process.pid;
