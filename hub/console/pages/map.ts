import { lazy } from 'react';
import type { MapData } from '../map/map-view.tsx';
import { definePage } from '../shell/define-page.tsx';
import { allIncidents, serviceMap } from '../shell/hub-resources.ts';

export const mapPage = definePage<MapData>({
  path: '/map',
  title: 'page.map',
  menu: { group: 'watch', icon: 'map', goKey: 'KeyM' },
  load: ({ api }) => ({ topology: serviceMap(api), incidents: allIncidents(api) }),
  view: lazy(async () => ({ default: (await import('../map/map-view.tsx')).MapView })),
});
