import type { DemoShop } from '../demo/demo-shop.ts';
import type { IncidentService } from '../incident/service.ts';
import type { Log } from '../log.ts';
import type { IncidentStore } from '../store/state/incident.ts';
import type { EventBus } from './event-bus.ts';
import type { Ports } from './ports.ts';
import type { RequestMetrics } from './request-metrics.ts';

/** What every route may use. */
export interface ApiContext extends Ports {
  readonly incidents: IncidentService;
  /** Lists and single records; everything that writes goes through `incidents`. */
  readonly records: IncidentStore;
  /** Null without `--demo`. */
  readonly demo: DemoShop | null;
  readonly bus: EventBus;
  readonly requests: RequestMetrics;
  readonly clock: () => number;
  readonly log: Log;
  readonly version: string;
  readonly startedAtUnixMs: number;
  /** Browsers reach this hub by HTTPS that somebody else (a proxy) ends. */
  readonly isBehindTls: boolean;
}
