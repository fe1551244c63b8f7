import { type FormEvent, useRef } from 'react';
import type { IncidentDetail } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { useHub } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FormError } from '../parts/form-error.tsx';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { useShortcut } from '../shell/use-shortcuts.tsx';

/** Who did and said what, newest first, and a line to add to it. */
export function ResponseLog({
  incident,
  onChanged,
}: {
  readonly incident: IncidentDetail;
  readonly onChanged: () => void;
}) {
  const { t } = useI18n();
  const { api } = useHub();
  const input = useRef<HTMLInputElement>(null);
  const { error, act } = useAction();
  useShortcut('note', () => input.current?.focus());
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = input.current?.value.trim() ?? '';
    if (text === '') return;
    void act(async () => {
      await api.note(incident.id, text);
      if (input.current !== null) input.current.value = '';
      onChanged();
    });
  };
  return (
    <>
      <ul className="log">
        {incident.log.toReversed().map((entry) => (
          <li key={entry.at + entry.who + entry.text}>
            <span className="quiet">
              <FormattedTime at={entry.at} />
            </span>
            <span>
              <span className="strong">{entry.who}</span> {entry.text}
            </span>
          </li>
        ))}
      </ul>
      {incident.log.length === 0 && <p className="quiet">{t('log.empty')}</p>}
      <form className="note-form" onSubmit={submit}>
        <input ref={input} aria-label={t('log.add')} placeholder={t('log.add')} maxLength={4000} autoComplete="off" />
        <button type="submit" className="button">
          {t('log.send')}
        </button>
      </form>
      <FormError text={error} />
    </>
  );
}
