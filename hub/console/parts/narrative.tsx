import { Fragment, type ReactNode } from 'react';

/** A citation and what closes the clause after it, which must not begin a line of its own. */
const citation = /\[(E\d{1,3})\]([.,;:)]*)/g;

/** Text with its citations as chips. Anything else in it, also what a log line says, is only ever text. */
export function Narrative(props: { readonly text: string; readonly chip: (name: string) => ReactNode }) {
  return props.text.split(/\n{2,}/).map((paragraph, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: paragraphs have no name but their place
    <p key={index} className="narrative">
      {pieces(paragraph).map(({ text, cited, close }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same of its pieces
        <Fragment key={at}>
          {text}
          {cited !== undefined && (
            <span className="citation">
              {props.chip(cited)}
              {close}
            </span>
          )}
        </Fragment>
      ))}
    </p>
  ));
}

function pieces(paragraph: string) {
  const parts = paragraph.split(citation);
  const count = Math.ceil(parts.length / 3);
  return Array.from({ length: count }, (_, index) => ({
    text: parts[3 * index] ?? '',
    cited: parts[3 * index + 1],
    close: parts[3 * index + 2],
  }));
}
