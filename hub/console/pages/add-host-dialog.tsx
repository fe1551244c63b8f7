import { useEffect, useState } from 'react';
import type { EnrolmentTokenMade } from '../api/types.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { LevelShape } from '../parts/severity.tsx';
import { FailedState, LoadingState } from '../parts/states.tsx';
import { allHosts } from '../shell/hub-resources.ts';
import { useNow } from '../shell/use-now.ts';
import { useUrl } from '../shell/use-url.ts';
import { hostTitle } from './host-order.ts';
import { RoleChips } from './role-chips.tsx';

/** One command for the new host, while its token lives, and then what arrives: connected, identity, roles found. */
export function AddHostDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n();
  const { api } = useHub();
  const [made, setMade] = useState<EnrolmentTokenMade | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt makes a new token
  useEffect(() => {
    let isGone = false;
    setError(null);
    setMade(null);
    api.makeEnrolmentToken({}).then(
      (token) => !isGone && setMade(token),
      (cause: unknown) => !isGone && setError(cause instanceof Error ? cause : new Error(String(cause))),
    );
    return () => {
      isGone = true;
    };
  }, [api, attempt]);
  const renew = () => setAttempt((count) => count + 1);
  return (
    <Dialog title={t('hosts.add')} onClose={onClose} className="wide">
      <p>{t('addHost.run')}</p>
      {error !== null && <FailedState error={error} onRetry={renew} />}
      {error === null && made === null && <LoadingState />}
      {made !== null && <Command made={made} onRenew={renew} />}
      <p className="quiet small">{t('addHost.logs')}</p>
      <Arrivals />
    </Dialog>
  );
}

function Command({ made, onRenew }: { readonly made: EnrolmentTokenMade; readonly onRenew: () => void }) {
  const { t, format } = useI18n();
  const leftMs = Date.parse(made.expiresAt) - useNow();
  if (leftMs <= 0) {
    return (
      <div className="state">
        <p className="strong">{t('addHost.expired')}</p>
        <button type="button" className="button" onClick={onRenew}>
          {t('addHost.renew')}
        </button>
      </div>
    );
  }
  return (
    <>
      <pre className="command">
        <code>{made.command}</code>
      </pre>
      <div className="row">
        <CopyButton label={t('addHost.copy')} text={() => made.command} />
        <span className="quiet" role="timer">
          {t('addHost.expires', { left: format.duration(leftMs) })}
        </span>
      </div>
    </>
  );
}

/** Hosts that were not there when the dialog opened. */
function Arrivals() {
  const { t } = useI18n();
  const { api } = useHub();
  const { href } = useUrl();
  const { value } = useLoaded(allHosts(api));
  const [known, setKnown] = useState<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (known === null && value !== undefined) setKnown(new Set(value.map((host) => host.id)));
  }, [known, value]);
  const arrived = value?.filter((host) => known !== null && !known.has(host.id)) ?? [];
  return (
    <div className="arrivals" aria-live="polite">
      {arrived.length === 0 && <p className="quiet">{t('addHost.waiting')}</p>}
      {arrived.map((host) => (
        <p key={host.id} className="row">
          <LevelShape level="ok" />
          <a className="link strong" href={href(`/hosts/${host.agent}`)}>
            {hostTitle(host)}
          </a>
          {t(host.roles.length === 0 ? 'addHost.connected' : 'addHost.found')}
          <RoleChips roles={host.roles} />
        </p>
      ))}
    </div>
  );
}
