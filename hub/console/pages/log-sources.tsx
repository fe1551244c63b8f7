import { type FormEvent, useRef, useState } from 'react';
import type { HostDetail } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { useHub } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FormError } from '../parts/form-error.tsx';

/** Logs whose masked lines may leave this host, and a way to change that. */
export function LogSources({ host, onChanged }: { readonly host: HostDetail; readonly onChanged: () => void }) {
  const { t } = useI18n();
  const { api } = useHub();
  const [isOpen, setOpen] = useState(false);
  const { error, act } = useAction();
  const text = useRef<HTMLTextAreaElement>(null);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const general = (text.current?.value ?? '').split('\n').flatMap((line) => line.trim() || []);
    void act(async () => {
      await api.setLogSources(host.id, { general });
      setOpen(false);
      onChanged();
    });
  };
  return (
    <div className="stack log-sources">
      <div className="row">
        <span className="grow quiet small">
          {host.generalLogSources.length === 0 ? t('logSources.none') : t('logSources.some')}
        </span>
        <button type="button" className="button small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t('logSources.change')}
        </button>
      </div>
      {!isOpen && host.generalLogSources.map((pattern) => <code key={pattern}>{pattern}</code>)}
      {isOpen && (
        <form className="stack" onSubmit={submit}>
          <textarea
            ref={text}
            rows={4}
            spellCheck={false}
            aria-label={t('logSources.patterns')}
            defaultValue={host.generalLogSources.join('\n')}
            placeholder={'/var/log/nginx/*.log\n/srv/tomcat/logs/**\njournal:sshd.service'}
          />
          <p className="quiet small">{t('logSources.hint')}</p>
          <button type="submit" className="button small">
            {t('logSources.save')}
          </button>
        </form>
      )}
      <FormError text={error} />
    </div>
  );
}
