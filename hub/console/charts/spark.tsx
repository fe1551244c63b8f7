/** A trend without axes: SVG, because a table has dozens and each is a few hundred bytes. */
export function Spark(props: {
  readonly values: readonly (number | null)[];
  /** Top of the scale; 0 is always the bottom. */
  readonly highest: number;
  readonly isStale?: boolean;
  readonly width?: number;
}) {
  const { values, highest, isStale = false, width = 72 } = props;
  const height = 16;
  return (
    <svg
      className={isStale ? 'spark spark-stale' : 'spark'}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
    >
      <path d={sparkPath(values, highest, width, height)} />
    </svg>
  );
}

/** One sub-path per run of known values: a gap is a gap. */
export function sparkPath(values: readonly (number | null)[], highest: number, width: number, height: number): string {
  const stepX = (width - 2) / Math.max(1, values.length - 1);
  let isDrawing = false;
  const parts: string[] = [];
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    const share = Math.min(1, Math.max(0, value / highest));
    const point = `${(1 + index * stepX).toFixed(1)} ${(height - 1.5 - share * (height - 3)).toFixed(1)}`;
    parts.push(`${isDrawing ? 'L' : 'M'}${point}`);
    isDrawing = true;
  }
  return parts.join('');
}
