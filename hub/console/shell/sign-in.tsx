import { type FormEvent, useState } from 'react';
import { ApiError } from '../api/problem.ts';
import type { SessionControl } from '../api/use-session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Brand } from './brand.tsx';

/** At the address that was asked for, so that signing in leads there by itself. */
export function SignIn({ session }: { readonly session: SessionControl }) {
  const { t } = useI18n();
  const { state } = session;
  if (state.kind === 'asking') {
    return (
      <main className="sign-in">
        <Brand />
        <h1 className="hidden-text">{t('state.loading')}</h1>
      </main>
    );
  }
  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <Brand />
        <h1>{t('signin.title')}</h1>
        {state.kind === 'unreachable' ? (
          <div role="alert">
            <p>{t('state.unreachable')}</p>
            <p className="quiet">{t('state.retrying')}</p>
            <p className="mono quiet">{state.error instanceof ApiError ? state.error.code : state.error.name}</p>
            <button type="button" className="button" onClick={session.retry}>
              {t('state.retry')}
            </button>
          </div>
        ) : (
          <SignInForm session={session} linkError={state.kind === 'signed-out' ? state.error : null} />
        )}
      </div>
    </main>
  );
}

function SignInForm({ session, linkError }: { readonly session: SessionControl; readonly linkError: Error | null }) {
  const { t } = useI18n();
  const [error, setError] = useState<Error | null>(linkError);
  const [isSending, setIsSending] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setIsSending(true);
    setError(null);
    try {
      await session.signIn({ user: String(form.get('user')), password: String(form.get('password')) });
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
      setIsSending(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {error !== null && (
        <p className="form-error" role="alert">
          {t(error === linkError ? 'signin.linkUsed' : 'signin.refused')}{' '}
          <span className="mono">{error instanceof ApiError ? error.code : error.message}</span>
        </p>
      )}
      <label>
        {t('signin.user')}
        <input name="user" autoComplete="username" required maxLength={64} />
      </label>
      <label>
        {t('signin.password')}
        <input name="password" type="password" autoComplete="current-password" required maxLength={200} />
      </label>
      <button type="submit" className="button primary" disabled={isSending}>
        {t('signin.submit')}
      </button>
      <p className="quiet small">{t('signin.hint')}</p>
    </form>
  );
}
