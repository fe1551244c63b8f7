import type { Topology } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { Severity } from '../parts/severity.tsx';
import { type CausalPath, edgeId } from './causal-path.ts';

/** The same as the picture, for keys and ears: services, then who calls whom. */
export function MapTable(props: {
  readonly topology: Topology;
  readonly path: CausalPath;
  readonly selectedId: string | null;
  readonly onSelect: (id: string) => void;
}) {
  const { topology, path, selectedId, onSelect } = props;
  const { t, format, language } = useI18n();
  const choose = (id: string, text: string) => (
    <button type="button" className="link left" aria-pressed={selectedId === id} onClick={() => onSelect(id)}>
      {text}
    </button>
  );
  return (
    <section className="map-tables">
      <table>
        <caption className="strong">{t('map.nodes')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('map.nodes')}</th>
            <th scope="col">{t('map.tier')}</th>
            <th scope="col">{t('hosts.state')}</th>
            <th scope="col">{t('map.shownPath')}</th>
            <Numbers names={[t('map.calls'), t('map.p95'), t('map.errors')]} />
          </tr>
        </thead>
        <tbody>
          {topology.nodes.map((node) => (
            <tr key={node.entity}>
              <th scope="row">{choose(node.entity, entityTitle(node.entity, language))}</th>
              <td>{node.tier === 'external' ? t('map.external') : t(`tier.${node.tier}`)}</td>
              <td>
                <Severity level={node.state} />
              </td>
              <td>{path.ids.has(node.entity) ? '●' : ''}</td>
              <td className="num right">{format.metric(node.callsPerSecond, '{call}/s')}</td>
              <td className="num right">{format.metric(node.p95ElapsedMs, 'ms')}</td>
              <td className="num right">{format.percent(node.errorRatio)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table>
        <caption className="strong">{t('map.edges')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('map.edges')}</th>
            <th scope="col">{t('map.shownPath')}</th>
            <Numbers names={[t('map.calls'), t('map.mean'), t('map.errors'), t('map.confidence')]} />
          </tr>
        </thead>
        <tbody>
          {topology.edges.map((edge) => {
            const id = edgeId(edge.caller, edge.callee);
            const [caller, callee] = [entityTitle(edge.caller, language), entityTitle(edge.callee, language)];
            return (
              <tr key={id}>
                <th scope="row">{choose(id, t('map.edge', { caller, callee }))}</th>
                <td>{path.ids.has(id) ? '●' : ''}</td>
                <td className="num right">{format.metric(edge.callsPerSecond, '{call}/s')}</td>
                <td className="num right">{format.metric(edge.meanElapsedMs, 'ms')}</td>
                <td className="num right">{format.percent(edge.errorRatio)}</td>
                <td className="num right">{format.score(edge.confidence)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Numbers({ names }: { readonly names: readonly string[] }) {
  return names.map((name) => (
    <th scope="col" className="right" key={name}>
      {name}
    </th>
  ));
}
