import { z } from 'zod';
import { entityId } from '../ids.ts';
import { bilingual } from './finding.ts';

/** Something on the host that was changed or started or stopped: a role found, a process restarted, a file edited. */
export const change = z.object({
  id: z.string().regex(/^c-[0-9a-z-]{8,60}$/),
  kind: z.enum([
    'role-found',
    'role-lost',
    'restart',
    'config',
    'agent-start',
    'agent-stop',
    'reboot',
    'clock-step',
    'listener-opened',
    'login-failures',
    'port-scan',
    'link-changed',
  ]),
  entity: entityId,
  atUnixMs: z.number().int(),
  summary: bilingual,
  attributes: z.record(z.string(), z.string()).default({}),
});
export type Change = z.infer<typeof change>;
