import { useState } from 'react';
import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import type { HeldTraceAnswer, TraceAnswer } from '../api/types.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Drawer } from '../parts/drawer.tsx';
import { EmptyState, FailedState, LoadingState } from '../parts/states.tsx';
import { AskTrace } from './ask-trace.tsx';
import { WaterfallTable } from './waterfall-table.tsx';

/** Reads `sel=`; see `transactionId`. */
export function traceOf(selected: string | null): { traceId: string; endUnixMs: number } | null {
  const match = /^([0-9a-f]*)\.[0-9a-f]*\.(\d{1,14}(?:\.\d+)?)$/.exec(selected ?? '');
  return match === null ? null : { traceId: match[1] ?? '', endUnixMs: Math.floor(Number(match[2])) };
}

const trace = (api: ApiClient, traceId: string, around: number): Resource<TraceAnswer> => ({
  key: `trace ${traceId}`,
  fetch: (signal) => api.trace({ traceId, around }, signal),
  // What the other tiers logged of a trace that has just ended may still be on its way.
  everyMs: Date.now() - around < 15_000 ? 3000 : null,
});

/** Where one transaction's time went, tier by tier. */
export function TraceDrawer(props: {
  readonly traceId: string;
  readonly endUnixMs: number;
  readonly onClose: () => void;
}) {
  const { t, format } = useI18n();
  const { traceId, endUnixMs, onClose } = props;
  return (
    <Drawer
      title={
        <>
          {t('xview.trace')} <span className="num light">{format.clock(endUnixMs, true)}</span>
        </>
      }
      onClose={onClose}
    >
      {traceId.length === 32 ? (
        <Trace key={traceId} traceId={traceId} endUnixMs={endUnixMs} />
      ) : (
        <EmptyState title={t('xview.noTrace')}>{t('xview.noTraceHint')}</EmptyState>
      )}
    </Drawer>
  );
}

function Trace({ traceId, endUnixMs }: { readonly traceId: string; readonly endUnixMs: number }) {
  const { api } = useHub();
  const { t } = useI18n();
  const { value, error, reload } = useLoaded(trace(api, traceId, endUnixMs));
  const [held, setHeld] = useState<HeldTraceAnswer | null>(null);
  const shown = held ?? value;
  if (shown === undefined) {
    return error === null ? <LoadingState /> : <FailedState error={error} onRetry={reload} />;
  }
  if (shown.spans.length === 0) return <EmptyState title={t('xview.noSpans')} />;
  return (
    <>
      <AskTrace traceId={traceId} endUnixMs={endUnixMs} held={held} onHeld={setHeld} />
      <WaterfallTable trace={shown} />
      <p className="section quiet small">
        <span className="mono">{traceId}</span>
        <br />
        {t('xview.privacy')}
      </p>
    </>
  );
}
