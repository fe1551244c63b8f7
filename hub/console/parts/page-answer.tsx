import type { ReactNode } from 'react';

/** The first thing on a page: one sentence that answers its question, and at most one primary action. */
export function PageAnswer(props: {
  readonly children: ReactNode;
  readonly note?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className="page-answer">
      <p className="answer">{props.children}</p>
      {props.note !== undefined && <span className="note">{props.note}</span>}
      {props.action}
    </div>
  );
}
