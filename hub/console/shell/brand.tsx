export function Brand() {
  return (
    <span className="brand-name">
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        <circle cx="9" cy="9" r="7.5" className="brand-ring" />
        <circle cx="9" cy="9" r="3" className="brand-eye" />
      </svg>
      <span>AIRIS-MON</span>
    </span>
  );
}
