import type { Detector } from './detector.ts';
import { fillForecast } from './fill-forecast.ts';
import { levelShift } from './level-shift.ts';
import { outage } from './outage.ts';
import { saturation } from './saturation.ts';
import { silence } from './silence.ts';
import { spike } from './spike.ts';
import { threshold } from './threshold.ts';

/** Every detector that can be named in a rule. */
export const detectors: readonly Detector[] = [levelShift, spike, saturation, fillForecast, silence, threshold, outage];
