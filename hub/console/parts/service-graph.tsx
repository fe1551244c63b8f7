import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { type GraphTier, layOut, WIDE_COLUMN_GAP } from './graph-layout.ts';
import { type Level, LevelShape } from './severity.tsx';

export interface ServiceNode {
  readonly id: string;
  readonly tier: GraphTier;
  readonly title: string;
  /** The last one is what matters most: it alone is shown where room is short. */
  readonly details: readonly string[];
  readonly level: Level;
  /** What the shape says, for ears. */
  readonly spoken: string;
  /** Not a service of ours, e.g. the users: drawn dashed, and opens nothing. */
  readonly isOutside: boolean;
}

export interface ServiceEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Two at most: the rate, and how long. */
  readonly texts: readonly string[];
  /** Who calls whom, for ears: eyes see it by place. */
  readonly spoken: string;
  /** 0..1 of the busiest edge. */
  readonly share: number;
  /** From outside what is watched: opens nothing. */
  readonly isOutside: boolean;
}

export interface ServiceGraphProps {
  readonly nodes: readonly ServiceNode[];
  readonly edges: readonly ServiceEdge[];
  /** Nodes and edges on the causal path; the rest is dimmed while there is one. */
  readonly path: ReadonlySet<string>;
  readonly selectedId: string | null;
  readonly onSelect: (id: string) => void;
  readonly tierName: (tier: GraphTier) => string;
}

const size = { nodeWidth: { widest: 152, narrowest: 104 }, nodeHeight: 50, rowHeight: 88, top: 28 };
/** Edges are 1.5 px wide, the busiest this much more. */
const WIDEST_MORE_PX = 4;

/** Services and who calls whom. Lines are SVG; nodes and the words on the lines are buttons, so that keys reach them. */
export function ServiceGraph(props: ServiceGraphProps) {
  const { nodes, edges, path, selectedId, onSelect, tierName } = props;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const layout = useMemo(() => layOut(nodes, edges, { ...size, width }), [nodes, edges, width]);
  const isStacked = layout.columnGap < WIDE_COLUMN_GAP;
  const edgeClass = (id: string): string => `graph-edge num ${isStacked ? 'stacked' : ''} ${stateOf(id)}`;
  const stateOf = (id: string): string =>
    `${path.size === 0 ? '' : path.has(id) ? 'on-path' : 'dimmed'} ${selectedId === id ? 'selected' : ''}`;
  return (
    <div ref={box} className="service-graph">
      {width > 0 && (
        <div className="graph-plane" style={{ width: layout.width, height: layout.height }}>
          <svg width={layout.width} height={layout.height} aria-hidden="true">
            {edges.map((edge) => (
              <path
                key={edge.id}
                d={layout.edges.get(edge.id)?.path ?? ''}
                className={stateOf(edge.id)}
                style={{ strokeWidth: 1.5 + WIDEST_MORE_PX * Math.sqrt(edge.share) }}
              />
            ))}
          </svg>
          {layout.columns.map(({ tier, x }) => (
            <span key={tier} className="graph-tier" style={{ left: x }}>
              {tierName(tier)}
            </span>
          ))}
          {edges.map((edge) => {
            const at = layout.edges.get(edge.id)?.label;
            if (at === undefined) return null;
            return edge.isOutside ? (
              <span key={edge.id} className={edgeClass(edge.id)} style={{ left: at.x, top: at.y }}>
                {edge.texts.join(isStacked ? '\n' : ' · ')}
              </span>
            ) : (
              <button
                type="button"
                key={edge.id}
                className={edgeClass(edge.id)}
                style={{ left: at.x, top: at.y }}
                aria-pressed={selectedId === edge.id}
                onClick={() => onSelect(edge.id)}
              >
                <span className="hidden-text">{edge.spoken} </span>
                {edge.texts.join(isStacked ? '\n' : ' · ')}
              </button>
            );
          })}
          {nodes.map((node) => {
            const at = layout.nodes.get(node.id);
            if (at === undefined) return null;
            const style = { left: at.x, top: at.y, width: layout.nodeWidth, height: size.nodeHeight };
            const inside = (
              <>
                <span className="row tight">
                  {!node.isOutside && <LevelShape level={node.level} />}
                  <span className="cut strong">{node.title}</span>
                  <span className="hidden-text">{node.spoken}</span>
                </span>
                {node.details.length > 0 && (
                  <span className="small cut num">
                    {(isStacked ? node.details.slice(-1) : node.details).join(' · ')}
                  </span>
                )}
              </>
            );
            return node.isOutside ? (
              <div key={node.id} className={`graph-node outside ${stateOf(node.id)}`} style={style}>
                {inside}
              </div>
            ) : (
              <button
                type="button"
                key={node.id}
                className={`graph-node level-${node.level} ${stateOf(node.id)}`}
                style={style}
                aria-pressed={selectedId === node.id}
                onClick={() => onSelect(node.id)}
              >
                {inside}
              </button>
            );
          })}
        </div>
      )}
    </div>
  );
}
