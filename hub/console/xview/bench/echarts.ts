import { ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { load, run } from './page.ts';

use([ScatterChart, GridComponent, CanvasRenderer]);

/** ECharts as its manual advises for many points: canvas, `large`, typed arrays, no animation, nothing that listens. */
function runEcharts(): Promise<number[]> {
  const frame = document.createElement('div');
  frame.style.cssText = 'width: 100vw; height: 100vh';
  document.body.append(frame);
  const chart = init(frame, null, { renderer: 'canvas' });
  const size = 1.5;
  const series = {
    type: 'scatter' as const,
    large: true,
    largeThreshold: 0,
    progressive: 0,
    dimensions: ['x', 'y'],
    symbolSize: size,
    silent: true,
  };
  chart.setOption({
    animation: false,
    xAxis: { type: 'time' },
    yAxis: { type: 'value', min: 0, max: load.topMs },
  });
  // The window moves through one long array: nothing is copied for the chart.
  const points = new Float64Array(2 * Math.ceil(((load.windowMs + load.lengthMs) / 1000) * load.perSecond * 1.1));
  let [first, end] = [0, 0];
  let isNew = true;
  return run(
    {
      add(timeMs, { elapsedMs }) {
        points[end] = timeMs;
        points[end + 1] = elapsedMs;
        end += 2;
        isNew = true;
      },
      draw(toMs) {
        const fromMs = toMs - load.windowMs;
        while (first < end && (points[first] ?? 0) < fromMs) first += 2;
        // Data are given only when there are new ones; between them the axis moves on alone.
        const data = isNew ? { series: [{ ...series, data: points.subarray(first, end) }] } : {};
        isNew = false;
        chart.setOption({ xAxis: { min: fromMs, max: toMs }, ...data }, { lazyUpdate: false });
      },
    },
    Date.now(),
  );
}

Object.assign(globalThis, { runContender: runEcharts });
