import { lazy } from 'react';
import type { DemoData } from '../demo/demo-view.tsx';
import { definePage } from '../shell/define-page.tsx';
import { allIncidents, demoFaults } from '../shell/hub-resources.ts';

export const demoPage = definePage<DemoData>({
  path: '/demo',
  title: 'page.demo',
  menu: { group: 'control', icon: 'demo', goKey: 'KeyB', isForDemo: true },
  load: ({ api }) => ({
    faults: demoFaults(api),
    shop: { key: 'demo shop', fetch: (signal) => api.demoShop(signal), everyMs: 3000 },
    incidents: allIncidents(api),
  }),
  view: lazy(async () => ({ default: (await import('../demo/demo-view.tsx')).DemoView })),
});
