import { z } from 'zod';
import type { DemoShop } from '../demo/demo-shop.ts';
import type { DemoFaultState } from '../demo/schema.ts';
import { notFound } from './api-error.ts';
import type { ApiContext } from './context.ts';
import { timeOrNull } from './present.ts';
import { defineRoute } from './route.ts';
import { nothing } from './schema/common.ts';
import { type DemoFault, demoFault, demoFaultName, demoShop } from './schema/demo.ts';

/** Without `--demo` there is none of this. */
function shopOf(hub: ApiContext): DemoShop {
  if (hub.demo === null) throw notFound('demo shop: start with `npm start -- --demo`');
  return hub.demo;
}

export const listDemoFaults = defineRoute({
  method: 'GET',
  path: '/api/v1/demo/faults',
  summary: 'Ways to break the demo shop, and what a right root cause names; with `--demo` only',
  auth: 'viewer',
  response: z.array(demoFault),
  handle: async (_call, hub) => (await shopOf(hub).faults()).map(present),
});

export const readDemoShop = defineRoute({
  method: 'GET',
  path: '/api/v1/demo/shop',
  summary: 'The demo shop: its tiers, which of them are stand-ins, and the load; with `--demo` only',
  auth: 'viewer',
  response: demoShop,
  handle: (_call, hub) => shopOf(hub).shop(),
});

const order = (verb: 'start' | 'stop', summary: string) =>
  defineRoute({
    method: 'POST',
    path: `/api/v1/demo/faults/{name}/${verb}`,
    summary,
    auth: 'operator',
    params: demoFaultName,
    body: nothing.optional(),
    response: demoFault,
    audit: `demo.fault-${verb}`,
    handle: async ({ params: { name } }, hub) => present(await shopOf(hub).order(name, verb)),
  });

export const startDemoFault = order('start', 'Break the demo shop in this way; at most ten minutes');
export const stopDemoFault = order('stop', 'End a fault; no error where it is not active');

function present({ startedAtUnixMs, stopsByItselfAtUnixMs, ...fault }: DemoFaultState): DemoFault {
  return { ...fault, startedAt: timeOrNull(startedAtUnixMs), stopsByItselfAt: timeOrNull(stopsByItselfAtUnixMs) };
}
