import { type FormEvent, useState } from 'react';
import type { IncidentDetail } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { useHub } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { FormError } from '../parts/form-error.tsx';

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
  const { error, act } = useAction();
  const change = (order: () => Promise<unknown>): Promise<void> =>
    act(async () => {
      await order();
      setIsResolving(false);
      onChanged();
    });
  return (
    <div className="row">
      {error !== null && !isResolving && (
        <span className="form-error" role="alert">
          {error}
        </span>
      )}
      <CopyButton label={t('incident.copyLink')} text={() => location.href} />
      {incident.state === 'open' && (
        <button
          type="button"
          className="button primary"
          onClick={() => void change(() => api.acknowledge(incident.id))}
        >
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
          <ResolveForm error={error} onResolve={(reason) => void change(() => api.resolve(incident.id, reason))} />
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
      <FormError text={error} />
      <div className="row end-row">
        <button type="submit" className="button primary">
          {t('incident.resolve')}
        </button>
      </div>
    </form>
  );
}
