import { type ReactNode, useEffect, useId, useRef } from 'react';
import type { Loaded } from '../api/resource.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useNow } from '../shell/use-now.ts';
import { Boundary } from './boundary.tsx';
import { FailedState, LoadingState } from './states.tsx';

export interface PanelHead {
  readonly title: ReactNode;
  readonly sub?: ReactNode;
  /** At the right of the header: the current value, a link, keys. */
  readonly end?: ReactNode;
  readonly className?: string;
}

/** A box with a header and nothing to wait for. */
export function Frame({ title, sub, end, className = '', children }: PanelHead & { readonly children: ReactNode }) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {sub !== undefined && <span className="sub">{sub}</span>}
        {end !== undefined && <div className="end">{end}</div>}
      </header>
      <div className="body">
        <Boundary of={children}>{children}</Boundary>
      </div>
    </section>
  );
}

export interface PanelProps<T> extends PanelHead {
  readonly loaded: Loaded<T>;
  /** Shown in place of the content when it gives something; e.g. "no incident is open". */
  readonly empty?: (value: T) => ReactNode | null;
  readonly children: (value: T) => ReactNode;
}

/** A box with what was loaded, in each of its states. It fails alone, and asks for nothing while it is out of sight. */
export function Panel<T>({ loaded, empty, children, ...head }: PanelProps<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const { setVisible } = loaded;
  useEffect(() => {
    if (frame.current === null) return;
    const observer = new IntersectionObserver(([entry]) => setVisible(entry?.isIntersecting ?? true), {
      rootMargin: '100px',
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [setVisible]);
  return (
    <Frame
      {...head}
      className={`${head.className ?? ''} ${loaded.isStale ? 'stale' : ''}`}
      end={
        loaded.isStale && loaded.atMs !== null ? (
          <>
            <StaleNote atMs={loaded.atMs} />
            {head.end}
          </>
        ) : (
          head.end
        )
      }
    >
      <div ref={frame} className="panel-content">
        <Boundary of={loaded.value}>
          <Content loaded={loaded} empty={empty} draw={children} />
        </Boundary>
      </div>
    </Frame>
  );
}

interface ContentProps<T> {
  readonly loaded: Loaded<T>;
  readonly empty: ((value: T) => ReactNode | null) | undefined;
  readonly draw: (value: T) => ReactNode;
}

function Content<T>({ loaded, empty, draw }: ContentProps<T>) {
  if (loaded.value !== undefined) return empty?.(loaded.value) ?? draw(loaded.value);
  return loaded.error === null ? <LoadingState /> : <FailedState error={loaded.error} onRetry={loaded.reload} />;
}

/** "Old, from 6 min ago": beside every value that is past its due. */
export function StaleNote({ atMs }: { readonly atMs: number }) {
  const { t, format } = useI18n();
  const nowMs = useNow();
  return (
    <span className="stale-note" data-testid="stale">
      {t('state.stale', { age: format.ago(atMs, Math.max(nowMs, atMs)) })}
    </span>
  );
}
