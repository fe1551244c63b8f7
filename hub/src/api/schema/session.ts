import { z } from 'zod';
import { role } from './common.ts';

/** Either the one-time token of a sign-in link, or a name and password. */
export const sessionRequest = z.union([
  z.strictObject({ token: z.string().min(16).max(200) }),
  z.strictObject({ user: z.string().min(1).max(64), password: z.string().min(1).max(200) }),
]);
export type SessionRequest = z.input<typeof sessionRequest>;

export const session = z.object({
  user: z.string(),
  role,
  /** Send it back in `X-Airis-Csrf` with every unsafe request. */
  csrf: z.string(),
  /** This hub runs beside the demo shop: `/demo/faults` answers. */
  hasDemo: z.boolean(),
});
export type Session = z.infer<typeof session>;
