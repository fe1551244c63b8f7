import { useState } from 'react';
import { useHub } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';

export interface FeedbackButtonsProps {
  readonly incidentId: string;
  readonly entity: string;
  readonly onSent: () => void;
}

/** Right or wrong: what people say here is what ranking is judged by. */
export function FeedbackButtons({ incidentId, entity, onSent }: FeedbackButtonsProps) {
  const { t } = useI18n();
  const { api } = useHub();
  const [said, setSaid] = useState<'right' | 'wrong' | 'failed' | null>(null);
  const send = async (verdict: 'right' | 'wrong'): Promise<void> => {
    try {
      await api.feedback(incidentId, { verdict, entity });
      setSaid(verdict);
      onSent();
    } catch {
      setSaid('failed');
    }
  };
  return (
    <div className="row feedback" aria-live="polite">
      <span className="quiet small">{t(said === null ? 'feedback.ask' : `feedback.${said}`)}</span>
      {(said === null || said === 'failed') && (
        <>
          <button type="button" className="button small" onClick={() => void send('right')}>
            {t('feedback.yes')}
          </button>
          <button type="button" className="button small" onClick={() => void send('wrong')}>
            {t('feedback.no')}
          </button>
        </>
      )}
    </div>
  );
}
