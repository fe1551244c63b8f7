/** An `INSERT … FORMAT …` whose rows come in the body. */
export interface InsertStatement {
  /** As written, back-quotes and database included. */
  readonly table: string;
  readonly columns: readonly string[] | null;
  readonly format: string;
}

const name = '(?:`[^`]+`|"[^"]+"|\\w+)';
const pattern = new RegExp(
  `^\\s*INSERT\\s+INTO\\s+(?:TABLE\\s+)?(${name}(?:\\.${name})?)\\s*(?:\\(([^)]*)\\))?\\s*FORMAT\\s+(\\w+)\\s*;?\\s*$`,
  'i',
);

/** The parts of an insert with its data elsewhere, or null for every other statement (an `INSERT … SELECT` as well). */
export function parseInsertStatement(sql: string): InsertStatement | null {
  const match = pattern.exec(sql);
  if (match === null) return null;
  const columns = match[2]
    ?.split(',')
    .map((column) => column.trim())
    .filter((column) => column !== '');
  return {
    table: match[1]!,
    columns: columns === undefined || columns.length === 0 ? null : columns,
    format: match[3]!,
  };
}
