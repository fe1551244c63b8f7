import { notFound } from './api-error.ts';
import { defineRoute } from './route.ts';
import { signInLinkMade, signInLinkRequest } from './schema/access.ts';

export const createSignInLink = defineRoute({
  method: 'POST',
  path: '/api/v1/sign-in-links',
  summary: 'Make a link that signs a user in, once and within 15 minutes; its token is in this answer only',
  auth: 'admin',
  body: signInLinkRequest,
  response: signInLinkMade,
  status: 201,
  audit: null,
  async handle({ body: { user }, caller }, hub) {
    if (user !== undefined && !(await hub.people.users()).some(({ name }) => name === user)) {
      throw notFound(`user ${user}`);
    }
    const token = await hub.access.createSignInLink(caller.who, user);
    return { token, fragment: `#signin=${token}` };
  },
});
