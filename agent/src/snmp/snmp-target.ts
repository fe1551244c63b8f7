import { isIP } from 'node:net';
import { z } from 'zod';

const file = z.string().min(1).max(1_024);

/** A device as settings name it. What opens it stands in files of this host and nowhere else. */
export const snmpTarget = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits and . _ -, at most 63')
      .describe('what series and findings call it'),
    address: z.string().refine((text) => isIP(text) !== 0, 'an IP address'),
    port: z.int().min(1).max(65_535).default(161),
    version: z.enum(['2c', '3']),
    communityFile: file.optional().describe('2c: file that holds the community and nothing else'),
    user: z.string().min(1).max(32).optional().describe('3: the user of the security model'),
    authProtocol: z.enum(['sha', 'sha256', 'sha512', 'md5']).default('sha256'),
    authPasswordFile: file.optional().describe('3: without it nothing is authenticated'),
    privProtocol: z.enum(['aes', 'aes256b', 'aes256r', 'des']).default('aes'),
    privPasswordFile: file.optional().describe('3: without it nothing is encrypted'),
    values: z
      .array(
        z.strictObject({
          oid: z.string().regex(/^\d{1,10}(?:\.\d{1,10}){2,60}$/, 'numbers with dots between'),
          metric: z
            .string()
            .regex(/^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+){1,8}$/, 'lower case, with dots between')
            .max(100)
            .describe('what it is called; not the name of a metric that agents know'),
          unit: z.string().regex(/^[\w{}/%.]{1,32}$/),
          kind: z.enum(['gauge', 'counter']).default('gauge'),
          factor: z.number().positive().default(1).describe('by which the device’s number is multiplied'),
        }),
      )
      .max(32)
      .default([])
      .describe('further numbers of the device, each by its object identifier'),
    timeoutMs: z.int().min(100).max(5_000).default(1_500).describe('for one answer; each is asked for twice'),
  })
  .refine(({ version, communityFile, user }) => (version === '2c' ? communityFile : user) !== undefined, {
    error: 'version 2c needs communityFile, version 3 needs user',
  })
  .refine(
    ({ authPasswordFile, privPasswordFile }) => privPasswordFile === undefined || authPasswordFile !== undefined,
    {
      error: 'privPasswordFile needs authPasswordFile',
    },
  );
export type SnmpTarget = z.output<typeof snmpTarget>;
