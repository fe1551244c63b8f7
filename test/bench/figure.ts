/** One measured figure beside what it is compared with, both from the same run. */
export interface Figure {
  /** Dotted name that other people's figures can be compared by; units stand in it or in `unit`. */
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** What `referenceValue` measures: another program, or the bare engine. */
  readonly reference: string;
  readonly referenceValue: number;
}

/** Prints the figure as one JSON line with `ratio` = value / referenceValue. */
export function printFigure(figure: Figure): void {
  const round = (value: number) => Number(value.toPrecision(4));
  const ratio = round(figure.value / figure.referenceValue);
  const line = { ...figure, value: round(figure.value), referenceValue: round(figure.referenceValue), ratio };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
