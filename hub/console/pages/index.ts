import type { Page } from '../shell/define-page.tsx';
import { demoPage } from './demo.ts';
import { healthPage } from './health.tsx';
import { hostPage } from './host.tsx';
import { hostsPage } from './hosts.tsx';
import { incidentPage } from './incident.tsx';
import { incidentsPage } from './incidents.tsx';
import { mapPage } from './map.ts';
import { overviewPage } from './overview.tsx';
import { uxPage } from './ux.ts';
import { xviewPage } from './xview.ts';

/** Every page of the console, in the order of the menu. What is not here does not exist. */
export const pages: readonly Page[] = [
  overviewPage,
  incidentsPage,
  incidentPage,
  xviewPage,
  mapPage,
  uxPage,
  hostsPage,
  hostPage,
  healthPage,
  demoPage,
];
