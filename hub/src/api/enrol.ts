import { enrolmentAnswer, enrolmentRequest } from '@airis/protocol';
import { ApiError } from './api-error.ts';
import { defineRoute } from './route.ts';

export const enrol = defineRoute({
  method: 'POST',
  path: '/api/v1/enrol',
  summary: 'For agents: spend an enrolment token, receive an identity',
  auth: 'public',
  body: enrolmentRequest,
  response: enrolmentAnswer,
  audit: null,
  rate: 'enrol',
  bodyLimitBytes: 16 * 1024,
  async handle({ body, request }, hub) {
    const answer = await hub.enrolment.enrol(body, request.ip);
    if (answer.ok) return answer.value;
    const status = answer.reason === 'too-many-attempts' ? 429 : 403;
    throw new ApiError(status, 'ENROLMENT_REFUSED', `${answer.reason}: ${answer.detail}`, {
      hint: 'make a new token on the hosts page; it is good for 15 minutes and one host',
    });
  },
});
