import { useI18n } from '../i18n/i18n.tsx';
import { useNow } from '../shell/use-now.ts';

/** An instant from the API, with the full date on hover. */
export function FormattedTime({
  at,
  as = 'clock',
}: {
  readonly at: string;
  readonly as?: 'clock' | 'dateTime' | 'date';
}) {
  const { format } = useI18n();
  const unixMs = Date.parse(at);
  const text = as === 'clock' ? format.clock(unixMs, true) : format[as](unixMs);
  return (
    <time className="num" dateTime={at} title={format.dateTime(unixMs)}>
      {text}
    </time>
  );
}

/** How long ago, counting on by itself. */
export function Age({ at }: { readonly at: string }) {
  const { format } = useI18n();
  const unixMs = Date.parse(at);
  return (
    <time className="num" dateTime={at} title={format.dateTime(unixMs)}>
      {format.ago(unixMs, useNow())}
    </time>
  );
}

/** How long something has lasted, or lasted until `to`. */
export function Lasting({ from, to }: { readonly from: string; readonly to: string | null }) {
  const { format } = useI18n();
  const nowMs = useNow();
  return <span className="num">{format.duration((to === null ? nowMs : Date.parse(to)) - Date.parse(from))}</span>;
}
