import { expect, it } from 'vitest';
import { signals } from './arrow/signal.ts';
import { agentPermissions, EVENT_KINDS, subjects } from './subjects.ts';

it('lets an agent publish under its own name only', () => {
  const { publish, subscribe } = agentPermissions('web-1');
  const mine = (agent: string) => [
    ...Object.keys(signals).map((signal) => subjects.data(agent, signal)),
    ...EVENT_KINDS.map((kind) => subjects.event(agent, kind)),
    subjects.watermark(agent),
    subjects.answer(agent, 'r-1'),
  ];
  expect(mine('web-1').filter((subject) => !isAllowed(publish, subject))).toEqual([]);
  expect(mine('web-2').filter((subject) => isAllowed(publish, subject))).toEqual([]);
  // Everything the hub says is heard, and none of it can be said by an agent.
  const heard = [
    subjects.receipt('web-1'),
    subjects.ask('web-1', 'window'),
    subjects.order('web-1'),
    subjects.nudge('web-1'),
  ];
  expect(heard.filter((subject) => !isAllowed(subscribe, subject))).toEqual([]);
  expect(heard.filter((subject) => isAllowed(publish, subject))).toEqual([]);
});

/** NATS wildcards: `*` one token, `>` the rest. */
function isAllowed(patterns: readonly string[], subject: string): boolean {
  const escaped = (pattern: string) => pattern.replace(/[.$]/g, '\\$&').replaceAll('*', '[^.]+').replace(/>$/, '.+');
  return patterns.some((pattern) => new RegExp(`^${escaped(pattern)}$`).test(subject));
}
