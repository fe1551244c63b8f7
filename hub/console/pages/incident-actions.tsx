import { type FormEvent, useState } from 'react';
import { ApiError } from '../api/problem.ts';
import type { IncidentDetail } from '../api/types.ts';
import { useHub } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Dialog } from '../parts/dialog.tsx';

/** The link, "I am on it", and "it is over". One primary button: the next step. */
export function IncidentActions({
  incident,
  onChanged,
}: {
  readonly incident: IncidentDetail;
  readonly onChanged: () => void;
}) {
  const { t } = useI18n();
  const { api } = useHub();
  const [isResolving, setIsResolving] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const act = async (action: () => Promise<unknown>): Promise<void> => {
    setError(null);
    try {
      await action();
      setIsResolving(false);
      onChanged();
    } catch (cause) {
      setError(cause instanceof ApiError ? `${cause.message} (${cause.code})` : String(cause));
    }
  };
  return (
    <div className="row">
      {error !== null && !isResolving && (
        <span className="form-error" role="alert">
          {error}
        </span>
      )}
      <CopyButton label={t('incident.copyLink')} text={() => location.href} />
      {incident.state === 'open' && (
        <button type="button" className="button primary" onClick={() => void act(() => api.acknowledge(incident.id))}>
          {t('incident.acknowledge')}
        </button>
      )}
      {incident.state !== 'resolved' && (
        <button
          type="button"
          className={incident.state === 'open' ? 'button' : 'button primary'}
          onClick={() => setIsResolving(true)}
        >
          {t('incident.resolve')}
        </button>
      )}
      {isResolving && (
        <Dialog title={t('incident.resolveTitle', { id: incident.id })} onClose={() => setIsResolving(false)}>
          <ResolveForm error={error} onResolve={(reason) => void act(() => api.resolve(incident.id, reason))} />
        </Dialog>
      )}
    </div>
  );
}

function ResolveForm({
  error,
  onResolve,
}: {
  readonly error: string | null;
  readonly onResolve: (reason: string) => void;
}) {
  const { t } = useI18n();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onResolve(String(new FormData(event.currentTarget).get('reason') ?? '').trim());
  };
  return (
    <form onSubmit={submit} className="stack">
      <p>{t('incident.resolveHint')}</p>
      <label>
        {t('incident.resolveReason')}
        <textarea name="reason" rows={3} maxLength={1000} />
      </label>
      {error !== null && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
      <div className="row end-row">
        <button type="submit" className="button primary">
          {t('incident.resolve')}
        </button>
      </div>
    </form>
  );
}
