import { withPeerNamed } from '../incident/peer-name.ts';
import { agentOf, presentFinding } from './present.ts';
import { defineRoute } from './route.ts';
import { pageOf } from './schema/common.ts';
import { finding, findingsQuery } from './schema/finding.ts';
import { timeOf } from './time-window.ts';

export const listFindings = defineRoute({
  method: 'GET',
  path: '/api/v1/findings',
  summary: 'Findings, newest first',
  auth: 'viewer',
  query: findingsQuery,
  response: pageOf(finding),
  async handle({ query: { host, state, from, to, limit, cursor } }, hub) {
    const now = hub.clock();
    const page = await hub.records.listFindings(
      {
        agent: host === undefined ? undefined : agentOf(host),
        isOpen: state === undefined ? undefined : state === 'open',
        fromUnixMs: from === undefined ? undefined : timeOf(from, now),
        toUnixMs: to === undefined ? undefined : timeOf(to, now),
      },
      { limit, after: cursor },
    );
    return {
      items: page.items.map((record) => presentFinding(withPeerNamed(record, hub.topology))),
      nextCursor: page.next,
    };
  },
});
