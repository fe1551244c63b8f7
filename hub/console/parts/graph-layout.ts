/** Left to right, as a request travels; what carries it all, the network, lies beneath. */
export const graphTiers = ['entry', 'web', 'was', 'app', 'database', 'network', 'other'] as const;
export type GraphTier = (typeof graphTiers)[number];

export interface GraphNode {
  readonly id: string;
  readonly tier: GraphTier;
}

export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** Where things stand, in pixels from the top left corner; a node's place is its middle. */
export interface GraphLayout {
  readonly width: number;
  readonly nodeWidth: number;
  readonly columnGap: number;
  readonly height: number;
  readonly columns: readonly { readonly tier: GraphTier; readonly x: number }[];
  readonly nodes: ReadonlyMap<string, Place>;
  readonly edges: ReadonlyMap<string, { readonly path: string; readonly label: Place }>;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

export interface GraphSize {
  readonly width: number;
  /** Nodes shrink from the widest to the narrowest before the picture grows wider than `width`. */
  readonly nodeWidth: { readonly widest: number; readonly narrowest: number };
  readonly nodeHeight: number;
  /** From the middle of one node to the middle of the one below. */
  readonly rowHeight: number;
  /** Above the first row: the tiers' names. */
  readonly top: number;
}

/** Room between two columns that an edge's words need. */
export const MIN_COLUMN_GAP = 60;
/** With less than this the words on an edge stand on two lines. */
export const WIDE_COLUMN_GAP = 108;

/**
 * A layered picture: one column for each tier that has nodes, and in each the order that keeps callers beside what they call
 * (mean row of the callers, so that few lines cross). Network devices stand in rows beneath all columns. Meant for tens of nodes.
 *
 * @param edges - those between known nodes; the others are left out
 */
export function layOut(nodes: readonly GraphNode[], edges: readonly GraphEdge[], size: GraphSize): GraphLayout {
  const tiers = graphTiers.filter((tier) => tier !== 'network' && nodes.some((node) => node.tier === tier));
  const beneath = nodes.filter(({ tier }) => tier === 'network').map(({ id }) => id);
  const gaps = Math.max(1, tiers.length - 1);
  const fitting = (size.width - gaps * WIDE_COLUMN_GAP) / Math.max(1, tiers.length);
  const nodeWidth = Math.min(size.nodeWidth.widest, Math.max(size.nodeWidth.narrowest, Math.floor(fitting)));
  const width = Math.max(size.width, tiers.length * nodeWidth + (tiers.length - 1) * MIN_COLUMN_GAP);
  const rows = orderRows(tiers, nodes, edges);
  const tallest = Math.max(1, ...rows.map((column) => column.length));
  const bodyHeight = Math.max(tallest * size.rowHeight, size.nodeHeight + 32);
  const xOf = (column: number): number =>
    tiers.length === 1 ? width / 2 : nodeWidth / 2 + (column * (width - nodeWidth)) / gaps;
  const places = new Map<string, Place>();
  for (const [column, members] of rows.entries()) {
    for (const [row, id] of members.entries()) {
      places.set(id, { x: xOf(column), y: size.top + (bodyHeight * (row + 0.5)) / members.length });
    }
  }
  const perRow = Math.max(1, Math.floor(width / (nodeWidth + MIN_COLUMN_GAP)));
  for (const [at, id] of beneath.entries()) {
    const row = Math.floor(at / perRow);
    const inRow = Math.min(perRow, beneath.length - row * perRow);
    const x = (width * ((at % perRow) + 0.5)) / inRow;
    places.set(id, { x, y: size.top + bodyHeight + (row + 0.5) * size.rowHeight });
  }
  const isBeneath = new Set(beneath);
  return {
    width,
    nodeWidth,
    columnGap: (width - tiers.length * nodeWidth) / gaps,
    height: size.top + bodyHeight + Math.ceil(beneath.length / perRow) * size.rowHeight,
    columns: tiers.map((tier, column) => ({ tier, x: xOf(column) })),
    nodes: places,
    edges: new Map(
      edges.flatMap((edge) => {
        const [from, to] = [places.get(edge.from), places.get(edge.to)];
        if (from === undefined || to === undefined) return [];
        const drawn = isBeneath.has(edge.to) ? drawDown(from, to, size.nodeHeight) : drawEdge(from, to, nodeWidth);
        return [[edge.id, drawn] as const];
      }),
    ),
  };
}

function orderRows(
  tiers: readonly GraphTier[],
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
): readonly (readonly string[])[] {
  const shareOfRow = new Map<string, number>();
  return tiers.map((tier) => {
    const members = nodes.filter((node) => node.tier === tier).map(({ id }) => id);
    const wanted = (id: string): number => {
      const callers = edges.filter(({ to }) => to === id).map(({ from }) => shareOfRow.get(from));
      const known = callers.filter((share) => share !== undefined);
      return known.length === 0 ? 0.5 : known.reduce((sum, share) => sum + share, 0) / known.length;
    };
    const ordered = members.toSorted((a, b) => wanted(a) - wanted(b) || a.localeCompare(b));
    for (const [row, id] of ordered.entries()) shareOfRow.set(id, (row + 0.5) / ordered.length);
    return ordered;
  });
}

/** From the middle below to the middle above. */
function drawDown(from: Place, to: Place, nodeHeight: number): { path: string; label: Place } {
  const [top, bottom] = [from.y + nodeHeight / 2, to.y - nodeHeight / 2];
  const middle = (top + bottom) / 2;
  return {
    path: `M${from.x} ${top}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${bottom}`,
    label: { x: (from.x + to.x) / 2, y: middle },
  };
}

/** From the caller's right side to the callee's left; within a column, and backwards, round the right side. */
function drawEdge(from: Place, to: Place, nodeWidth: number): { path: string; label: Place } {
  const half = nodeWidth / 2;
  const isForward = to.x > from.x;
  const start = { x: from.x + half, y: from.y };
  const end = { x: isForward ? to.x - half : to.x + half, y: to.y };
  const bend = isForward ? Math.max(24, (end.x - start.x) / 2) : 48;
  const [c1, c2] = [start.x + bend, isForward ? end.x - bend : end.x + bend];
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    path: `M${round(start.x)} ${round(start.y)}C${round(c1)} ${round(start.y)} ${round(c2)} ${round(end.y)} ${round(end.x)} ${round(end.y)}`,
    label: { x: round((start.x + 3 * c1 + 3 * c2 + end.x) / 8), y: round((start.y + end.y) / 2) },
  };
}
