import { Fragment, type ReactNode } from 'react';

const citation = /\[(E\d{1,3})\]/g;

/** Text with its citations as chips. Anything else in it, also what a log line says, is only ever text. */
export function Narrative(props: { readonly text: string; readonly chip: (name: string) => ReactNode }) {
  return props.text.split(/\n{2,}/).map((paragraph, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: paragraphs have no name but their place
    <p key={index} className="narrative">
      {paragraph.split(citation).map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same of its pieces
        <Fragment key={at}>{at % 2 === 1 ? props.chip(part) : part}</Fragment>
      ))}
    </p>
  ));
}
