import type { ReactNode } from 'react';
import { ApiError } from '../api/problem.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { LevelShape } from './severity.tsx';

/** Nothing to show: why, and the next step. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state">
      <p className="strong">{title}</p>
      {children !== undefined && <div className="quiet">{children}</div>}
    </div>
  );
}

/** A still skeleton that appears after 0.4 s, by the style sheet: a quick answer shows none. */
export function LoadingState() {
  const { t } = useI18n();
  return (
    <div className="skeleton" role="status">
      <span className="hidden-text">{t('state.loading')}</span>
      <i className="w40" />
      <i className="tall" />
      <i className="w70" />
      <i className="w40" />
    </div>
  );
}

/** What failed, its code, that the rest works, and the way to try again. */
export function FailedState({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  const { t } = useI18n();
  const isApiError = error instanceof ApiError;
  const code = isApiError ? error.code : error.name;
  const isUnreachable = isApiError && error.status === 0;
  return (
    <div className="state" role="alert">
      <p className="strong">
        <LevelShape level="critical" /> {t(isUnreachable ? 'state.unreachable' : 'state.failed')}
      </p>
      <p className="quiet">
        {isUnreachable ? t('state.retrying') : (isApiError && error.hint) || error.message} {t('state.restWorks')}
      </p>
      <p className="mono quiet">
        {code}
        {isApiError && error.requestId !== undefined && ` · ${error.requestId}`}
      </p>
      <button type="button" className="button" onClick={onRetry}>
        {t('state.retry')}
      </button>
    </div>
  );
}
