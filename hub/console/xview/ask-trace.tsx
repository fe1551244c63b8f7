import type { AskedHost, HeldTraceAnswer } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { useHub } from '../api/use-loaded.ts';

import { useI18n } from '../i18n/i18n.tsx';
import type { MessageKey } from '../i18n/translate.ts';
import { entityName } from '../parts/entity-name.ts';
import { FormError } from '../parts/form-error.tsx';

export interface AskTraceProps {
  readonly traceId: string;
  readonly endUnixMs: number;
  /** What was answered last; `null` before anybody asked. */
  readonly held: HeldTraceAnswer | null;
  readonly onHeld: (answer: HeldTraceAnswer) => void;
}

/** Asks every host of a trace for what it keeps of it, and says what each of them answered. */
export function AskTrace({ traceId, endUnixMs, held, onHeld }: AskTraceProps) {
  const { t } = useI18n();
  const { api } = useHub();
  const { error, isWaiting, act } = useAction();
  const ask = () => act(async () => onHeld(await api.heldTrace({ traceId, around: endUnixMs })));
  return (
    <div className="section stack" aria-live="polite" aria-busy={isWaiting}>
      <div className="row">
        <button type="button" className="button small" disabled={isWaiting} onClick={() => void ask()}>
          {t(isWaiting ? 'ask.waiting' : 'xview.askHosts')}
        </button>
      </div>
      <FormError text={error} />
      {held === null ? (
        <p className="quiet small">{t('xview.askHostsAbout')}</p>
      ) : (
        <ul className="plain-list small">
          {held.hosts.map((host) => (
            <HostAnswer key={host.host} host={host} />
          ))}
          {held.hosts.length === 0 && <li>{t('xview.askedNobody')}</li>}
        </ul>
      )}
    </div>
  );
}

const failures: Readonly<Record<Exclude<AskedHost['state'], 'answered' | 'cut'>, MessageKey>> = {
  silent: 'xview.askedSilent',
  refused: 'xview.askedRefused',
  unreadable: 'xview.askedUnreadable',
  revoked: 'xview.askedRevoked',
  unasked: 'xview.askedNot',
};

function HostAnswer({ host }: { readonly host: AskedHost }) {
  const { t } = useI18n();
  const { state, spans, withheld, leftOut, detail } = host;
  const parts =
    state === 'answered' || state === 'cut'
      ? [
          t('xview.askedSpans', { count: spans }),
          ...(state === 'cut' ? [t('xview.askedCut')] : []),
          ...(withheld > 0 ? [t('xview.askedWithheld', { count: withheld })] : []),
          ...(leftOut > 0 ? [t('xview.askedLeftOut', { count: leftOut })] : []),
        ]
      : [t(failures[state]), ...(detail === '' ? [] : [detail])];
  return (
    <li>
      <span className="mono">{entityName(host.host)}</span>: {parts.join(', ')}
    </li>
  );
}
