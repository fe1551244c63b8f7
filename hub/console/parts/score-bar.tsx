import { useI18n } from '../i18n/i18n.tsx';

/** A score or share 0..1 as a bar with its number. */
export function ScoreBar({
  value,
  label,
  text,
}: {
  readonly value: number;
  readonly label: string;
  readonly text?: string;
}) {
  const { format } = useI18n();
  const share = Math.min(1, Math.max(0, value));
  return (
    <span className="score-bar">
      {/* biome-ignore lint/a11y/useSemanticElements: the native element cannot be styled alike in every browser */}
      <span
        className="bar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={Number(share.toFixed(3))}
      >
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <span className="num">{text ?? format.score(value)}</span>
    </span>
  );
}
