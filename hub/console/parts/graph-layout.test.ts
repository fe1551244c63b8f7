import { expect, it } from 'vitest';
import { type GraphNode, layOut } from './graph-layout.ts';

const size = { width: 800, nodeWidth: { widest: 120, narrowest: 100 }, nodeHeight: 48, rowHeight: 80, top: 24 };
const nodes: GraphNode[] = [
  { id: 'web', tier: 'web' },
  { id: 'was-b', tier: 'was' },
  { id: 'was-a', tier: 'was' },
  { id: 'db', tier: 'database' },
];
const edge = (from: string, to: string) => ({ id: `${from} ${to}`, from, to });

it('puts tiers in columns from left to right, without empty ones', () => {
  const { columns, nodes: places } = layOut(nodes, [edge('web', 'was-a')], size);
  expect(columns.map(({ tier }) => tier)).toEqual(['web', 'was', 'database']);
  expect(places.get('web')?.x).toBe(60);
  expect(places.get('db')?.x).toBe(740);
});

it('never lets two nodes overlap', () => {
  const places = [...layOut(nodes, [], size).nodes.values()];
  for (const [index, a] of places.entries()) {
    for (const b of places.slice(index + 1)) {
      expect(Math.abs(a.x - b.x) >= 120 || Math.abs(a.y - b.y) >= size.nodeHeight).toBe(true);
    }
  }
});

it('grows wider than asked rather than squeeze its columns', () => {
  expect(layOut(nodes, [], { ...size, width: 100 }).width).toBe(3 * 100 + 2 * 60);
});

it('puts devices in rows beneath all columns, within the picture', () => {
  const devices = Array.from({ length: 7 }, (_, i): GraphNode => ({ id: `sw-${i}`, tier: 'network' }));
  const layout = layOut([...nodes, ...devices], [edge('db', 'sw-0')], size);
  expect(layout.columns.map(({ tier }) => tier)).toEqual(['web', 'was', 'database']);
  const lowest = Math.max(...nodes.map(({ id }) => layout.nodes.get(id)?.y ?? 0));
  for (const { id } of devices) {
    const at = layout.nodes.get(id);
    expect(at?.y).toBeGreaterThanOrEqual(lowest + size.nodeHeight);
    expect((at?.y ?? 0) + size.nodeHeight / 2).toBeLessThanOrEqual(layout.height);
    expect((at?.x ?? 0) - layout.nodeWidth / 2).toBeGreaterThanOrEqual(0);
    expect((at?.x ?? 0) + layout.nodeWidth / 2).toBeLessThanOrEqual(layout.width);
  }
  expect(layout.edges.get('db sw-0')?.path).toMatch(/^M740 /);
});

it('leaves out edges to what is not there', () => {
  expect([...layOut(nodes, [edge('web', 'was-a'), edge('web', 'gone')], size).edges.keys()]).toEqual(['web was-a']);
});
