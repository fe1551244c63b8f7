import { expect, it } from 'vitest';
import type { IncidentSummary } from '../incident/incident.ts';
import { readRiskHistory } from './read-risk-history.ts';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

const incident = (number: number, daysAgo: number, isOver = true): IncidentSummary => ({
  number,
  agent: 'web-1',
  state: isOver ? 'resolved' : 'open',
  severity: 'major',
  title: { ko: '', en: '' },
  startedAtUnixMs: NOW - daysAgo * DAY,
  detectedAtUnixMs: NOW - daysAgo * DAY,
  acknowledgedAtUnixMs: null,
  resolvedAtUnixMs: isOver ? NOW - daysAgo * DAY + 60_000 : null,
  updatedAtUnixMs: NOW,
  services: [],
  owner: null,
  firingAlerts: 0,
  totalAlerts: 1,
  topCause: null,
});

it('reads no further back than asked, but for what is still open', async () => {
  const all = [incident(9, 1), incident(8, 3), incident(7, 40), incident(6, 50), incident(5, 60, false)];
  let pagesRead = 0;
  const history = await readRiskHistory(
    {
      records: {
        async listIncidents(_filter, { after }) {
          pagesRead += 1;
          const from = after === undefined ? 0 : Number(after);
          return { items: all.slice(from, from + 2), next: from + 2 < all.length ? `${from + 2}` : null };
        },
        unresolvedIncidents: async () => all.filter(({ state }) => state === 'open'),
        listFindings: async () => ({ items: [], next: null }),
        changesBetween: async () => [],
      },
      agents: { agents: async () => [{ id: 'web-1', enrolledAtUnixMs: NOW - 90 * DAY, revokedAtUnixMs: null }] },
      needs: () => new Map([['web-1', ['db-1']]]),
    },
    NOW,
    8 * DAY,
  );
  expect(
    history.incidents.map(({ fromUnixMs, toUnixMs }) => [(NOW - fromUnixMs) / DAY, toUnixMs === Infinity]),
  ).toEqual([
    [1, false],
    [3, false],
    [60, true],
  ]);
  expect(pagesRead).toBe(2);
  expect(history.needs('web-1')).toEqual(['db-1']);
});
