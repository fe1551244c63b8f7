import type { SessionControl } from '../api/use-session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Icon } from '../parts/icon.tsx';
import type { Overlay } from './shell.tsx';
import { TimePicker } from './time-picker.tsx';
import { useChoices } from './use-choices.ts';

export interface TopBarProps {
  readonly title: string;
  readonly session: SessionControl;
  readonly onOverlay: (overlay: Overlay) => void;
}

export function TopBar({ title, session, onOverlay }: TopBarProps) {
  const { t, language } = useI18n();
  const { setLanguage, toggleTheme } = useChoices();
  const isMac = navigator.platform.startsWith('Mac');
  return (
    <header className="top-bar">
      <h1>{title}</h1>
      <button type="button" className="search-box" onClick={() => onOverlay('palette')}>
        <Icon name="search" />
        <span className="grow">{t('palette.open')}</span>
        <kbd>{isMac ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <TimePicker />
      <span className="zone quiet small">Asia/Seoul</span>
      <fieldset className="segments" aria-label={t('shell.language')}>
        <button
          type="button"
          lang="ko"
          aria-label="한, 한국어"
          aria-pressed={language === 'ko'}
          onClick={() => setLanguage('ko')}
        >
          한
        </button>
        <button
          type="button"
          lang="en"
          aria-label="EN, English"
          aria-pressed={language === 'en'}
          onClick={() => setLanguage('en')}
        >
          EN
        </button>
      </fieldset>
      <button type="button" className="button ghost" aria-label={t('action.theme')} onClick={toggleTheme}>
        <Icon name="theme" />
      </button>
      <UserMenu session={session} />
    </header>
  );
}

function UserMenu({ session }: { readonly session: SessionControl }) {
  const { t } = useI18n();
  if (session.state.kind !== 'signed-in') return null;
  const { user, role } = session.state.session;
  return (
    <>
      <button type="button" className="button ghost user" popoverTarget="user-menu">
        {user.slice(0, 2).toUpperCase()}
        <span className="hidden-text">{t('user.menu', { user })}</span>
      </button>
      <div id="user-menu" popover="auto" className="popover user-popover">
        <p className="strong">{user}</p>
        <p className="quiet small">{t(`role.${role}`)}</p>
        <button type="button" className="button" onClick={() => void session.signOut()}>
          {t('user.signOut')}
        </button>
      </div>
    </>
  );
}
