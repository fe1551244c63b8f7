import { useEffect, useRef } from 'react';
import { token } from '../charts/overlays.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useTheme } from '../shell/theme.tsx';
import { type Box, boxBetween, boxOnScreen } from './box.ts';
import { Painter, type Picture } from './painter.ts';
import type { Plot } from './scale.ts';

export interface XViewCanvasProps {
  readonly label: string;
  /** Asked before each frame: the window of a live picture moves by itself. */
  readonly pictureAt: () => Picture;
  readonly hasAxes?: boolean;
  readonly box?: Box | null;
  readonly onBox?: (box: Box | null) => void;
  /** Arrow keys: a step to the side in time, or up and down in scale. */
  readonly onMove?: (step: 'earlier' | 'later' | 'up' | 'down') => void;
}

const steps = { ArrowLeft: 'earlier', ArrowRight: 'later', ArrowUp: 'up', ArrowDown: 'down' } as const;

/** The picture and, on a layer of its own, what is selected in it: dragging never redraws the dots. */
export function XViewCanvas(props: XViewCanvasProps) {
  const { label, hasAxes = true, onBox, onMove } = props;
  const { format, language } = useI18n();
  const { theme } = useTheme();
  const picture = useRef<HTMLCanvasElement>(null);
  const selection = useRef<HTMLCanvasElement>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours and words of the canvas are read when it is made
  useEffect(() => {
    const [canvas, layer] = [picture.current, selection.current];
    const frame = canvas?.parentElement;
    if (canvas === null || layer === null || frame == null) return;
    const painter = new Painter({ canvas, format, hasAxes });
    let drawnSelection = '';
    const resize = (): void => {
      painter.resize(frame.clientWidth, frame.clientHeight, devicePixelRatio);
      layer.width = canvas.width;
      layer.height = canvas.height;
      drawnSelection = ''; // A canvas that gets a size is empty again.
    };
    const observer = new ResizeObserver(resize);
    observer.observe(frame);
    resize();
    // While dragging the picture stands still: nobody can box what runs away.
    let held: Picture | null = null;
    let from: { x: number; y: number } | null = null;
    let to = { x: 0, y: 0 };
    let request = 0;

    const drawFrame = (): void => {
      request = requestAnimationFrame(drawFrame);
      if (canvas.clientWidth === 0) return;
      const shown = held ?? latest.current.pictureAt();
      painter.draw(shown);
      const plot = painter.plotOf(shown);
      const box = from === null ? (latest.current.box ?? null) : boxBetween(plot, from, to);
      const area = box === null ? null : boxOnScreen(plot, box);
      const now = area === null ? '' : `${Object.values(area).map(Math.round).join(' ')} ${layer.width}`;
      if (now === drawnSelection) return;
      drawnSelection = now;
      drawSelection(layer, area);
    };
    drawFrame();

    const pointOf = (event: PointerEvent) => {
      const edge = layer.getBoundingClientRect();
      return { x: event.clientX - edge.left, y: event.clientY - edge.top };
    };
    const onDown = (event: PointerEvent): void => {
      if (event.button !== 0 || latest.current.onBox === undefined) return;
      held = latest.current.pictureAt();
      from = pointOf(event);
      to = from;
      layer.setPointerCapture(event.pointerId);
    };
    const onDrag = (event: PointerEvent): void => {
      if (from !== null) to = pointOf(event);
    };
    const onUp = (event: PointerEvent): void => {
      if (from === null || held === null) return;
      const plot: Plot = painter.plotOf(held);
      const box = boxBetween(plot, from, pointOf(event));
      from = null;
      held = null;
      latest.current.onBox?.(box);
    };
    const onCancel = (): void => {
      from = null;
      held = null;
    };
    layer.addEventListener('pointerdown', onDown);
    layer.addEventListener('pointermove', onDrag);
    layer.addEventListener('pointerup', onUp);
    layer.addEventListener('pointercancel', onCancel);
    return () => {
      cancelAnimationFrame(request);
      observer.disconnect();
      layer.removeEventListener('pointerdown', onDown);
      layer.removeEventListener('pointermove', onDrag);
      layer.removeEventListener('pointerup', onUp);
      layer.removeEventListener('pointercancel', onCancel);
    };
  }, [language, theme, hasAxes]);

  const layers = (
    <>
      <canvas ref={picture} role="img" aria-label={label} />
      <canvas ref={selection} className={onBox === undefined ? '' : 'xview-selection'} />
    </>
  );
  if (onMove === undefined) return <div className="xview-canvas">{layers}</div>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of a picture and its selection, no form
    <div
      className="xview-canvas"
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the picture
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
        const step = Object.entries(steps).find(([key]) => key === event.key)?.[1];
        if (step === undefined) return;
        event.preventDefault();
        onMove(step);
      }}
    >
      {layers}
    </div>
  );
}

function drawSelection(layer: HTMLCanvasElement, area: ReturnType<typeof boxOnScreen>): void {
  const context = layer.getContext('2d');
  if (context === null) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, layer.width, layer.height);
  if (area === null) return;
  const ratio = layer.width / Math.max(1, layer.clientWidth);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const [x, y] = [Math.round(area.x), Math.round(area.y)];
  const [width, height] = [Math.max(1, Math.round(area.width)), Math.max(1, Math.round(area.height))];
  context.fillStyle = token('--band');
  context.fillRect(x, y, width, height);
  context.strokeStyle = token('--text1');
  context.strokeRect(x + 0.5, y + 0.5, width, height);
  context.fillStyle = token('--text1');
  for (const [cornerX, cornerY] of [
    [x, y],
    [x + width, y],
    [x, y + height],
    [x + width, y + height],
  ] as const) {
    context.fillRect(cornerX - 2, cornerY - 2, 5, 5);
  }
}
