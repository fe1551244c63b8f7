import { createFormat } from '../../i18n/format.ts';
import { DotRing } from '../dot-ring.ts';
import { Painter } from '../painter.ts';
import { load, run } from './page.ts';

/** The engine of the console's X-View as the page uses it, axes and crosses included. */
function runOurs(): Promise<number[]> {
  const canvas = document.createElement('canvas');
  document.body.append(canvas);
  const painter = new Painter({ canvas, format: createFormat('en'), hasAxes: true });
  painter.resize(innerWidth, innerHeight, devicePixelRatio);
  const ring = new DotRing(262_144);
  let version = 0;
  let changedFromMs = Number.NEGATIVE_INFINITY;
  let isDrawn = true;
  return run(
    {
      add(timeMs, { elapsedMs, isFailed }) {
        if (isDrawn) {
          version += 1;
          changedFromMs = timeMs;
          isDrawn = false;
        }
        ring.push(timeMs, elapsedMs, isFailed ? 1 : 0, 0);
      },
      draw(toMs) {
        isDrawn = true;
        const fromMs = toMs - load.windowMs;
        ring.dropBefore(fromMs);
        const view = { services: null, isErrorsOnly: false, topMs: load.topMs, fromMs, toMs };
        painter.draw({ ring, grid: null, version, changedFromMs, ...view });
      },
    },
    Date.now(),
  );
}

Object.assign(globalThis, { runContender: runOurs });
