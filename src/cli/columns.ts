/** Tables of text. */

/** Rows with their cells below each other: those of the columns named to the left, numbers and the rest to the right. */
export function columns(rows: readonly (readonly string[])[], toLeft: readonly number[]): string[] {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows.map((row) =>
    row
      .map((cell, c) => (toLeft.includes(c) ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd(),
  );
}
