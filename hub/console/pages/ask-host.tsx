import { type ReactNode, useState } from 'react';
import { ApiError } from '../api/problem.ts';
import type { HeldLinesAnswer, HostDetail, ThreadsAnswer } from '../api/types.ts';
import { useHub } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { resolveRange } from '../shell/time-range.ts';
import { useUrl } from '../shell/use-url.ts';

/** What the hub takes of a window of lines. */
const WINDOW_MS = 3_600_000;

type Answer =
  | { readonly kind: 'lines'; readonly of: HeldLinesAnswer }
  | { readonly kind: 'threads'; readonly of: ThreadsAnswer }
  | { readonly kind: 'failed'; readonly why: ApiError };

/** Questions that only the host can answer: every line it keeps of the time shown, and what its Java threads do now. */
export function AskHost({ host }: { readonly host: HostDetail }) {
  const { t } = useI18n();
  const { api } = useHub();
  const { url } = useUrl();
  const [asked, setAsked] = useState<'lines' | 'threads' | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);

  const ask = async (what: 'lines' | 'threads', work: () => Promise<Answer>): Promise<void> => {
    setAsked(what);
    try {
      setAnswer(await work());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setAnswer({ kind: 'failed', why: error });
    } finally {
      setAsked(null);
    }
  };
  const askLines = () =>
    ask('lines', async () => {
      const { fromMs, toMs } = resolveRange(url.range, Date.now());
      const from = new Date(Math.max(fromMs, toMs - WINDOW_MS)).toISOString();
      return { kind: 'lines', of: await api.heldLines({ host: host.id, from, to: new Date(toMs).toISOString() }) };
    });
  const askThreads = () => ask('threads', async () => ({ kind: 'threads', of: await api.takeThreads(host.id) }));
  const hasJava = host.roles.some(({ tier }) => tier === 'was' || tier === 'app');

  return (
    <div className="stack ask-host" aria-live="polite" aria-busy={asked !== null}>
      <div className="row">
        <button type="button" className="button small" disabled={asked !== null} onClick={() => void askLines()}>
          {t(asked === 'lines' ? 'ask.waiting' : 'ask.lines')}
        </button>
        {hasJava && (
          <button type="button" className="button small" disabled={asked !== null} onClick={() => void askThreads()}>
            {t(asked === 'threads' ? 'ask.waiting' : 'ask.threads')}
          </button>
        )}
      </div>
      {answer === null ? <p className="quiet small">{t('ask.about')}</p> : <AnswerView answer={answer} />}
    </div>
  );
}

function AnswerView({ answer }: { readonly answer: Answer }) {
  const { t } = useI18n();
  if (answer.kind === 'failed') {
    return (
      <p className="small">
        {answer.why.message}
        {answer.why.hint === undefined ? '' : ` (${answer.why.hint})`}
      </p>
    );
  }
  if (answer.kind === 'threads') {
    return <HeldText label={t('ask.threads')} text={answer.of.text} head={<FormattedTime at={answer.of.takenAt} />} />;
  }
  const { lines, isCut, withheld } = answer.of;
  if (lines.length === 0) {
    return <p className="quiet small">{withheld > 0 ? t('ask.withheld', { count: withheld }) : t('ask.noLines')}</p>;
  }
  const head = t('ask.lineCount', { count: lines.length });
  return (
    <>
      <HeldText
        label={t('ask.lines')}
        text={lines.map(({ time, body }) => `${time.slice(11, 23)} ${body}`).join('\n')}
        head={isCut ? `${head} ${t('ask.cut')}` : head}
      />
      {withheld > 0 && <p className="quiet small">{t('ask.withheld', { count: withheld })}</p>}
    </>
  );
}

function HeldText({ label, text, head }: { readonly label: string; readonly text: string; readonly head: ReactNode }) {
  const { t } = useI18n();
  return (
    <figure className="diff">
      <figcaption className="row">
        {head} <CopyButton text={() => text} label={t('ask.copy')} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reachable by keyboard */}
      <section className="held-text" tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
    </figure>
  );
}
