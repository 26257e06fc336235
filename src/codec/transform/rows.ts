/**
 * Rows of samples one after another: the shape in which subbands, resolution levels and whole tile-components hand on what they have.
 */

/** Gives rows, top to bottom. What it shows holds until the next call of {@link advance}. */
export interface RowSource<Samples> {
  /** The row begins at `line[at]`. */
  readonly line: Samples;
  readonly at: number;
  /** True when all of the row is zero (and `line` says so too). */
  readonly isZero: boolean;
  /** Goes on to the next row; the first call brings the first. */
  advance(): void;
}

/** A row that a synthesis works on. */
export class Row<Samples> {
  /** The whole line, and the part of it that is no filter margin. */
  readonly all: Samples;
  readonly kept: Samples;
  /** True when every sample of {@link all} is zero. */
  isZero = true;

  constructor(all: Samples, kept: Samples) {
    this.all = all;
    this.kept = kept;
  }
}

/** An array that a row can be made of. */
interface Line<Samples> {
  subarray(from: number, to: number): Samples;
  fill(value: number): Samples;
}

/**
 * Rows that are used again: a picture of many tiles needs rows of the same few lengths for each of them, and making a typed array costs
 * as much as working through a short one.
 */
export class RowStore<Samples extends Line<Samples>> {
  private readonly make: (length: number) => Samples;
  private readonly free = new Map<string, Row<Samples>[]>();

  constructor(make: (length: number) => Samples) {
    this.make = make;
  }

  /** A row of zeros of which `count` samples after the first `skip` are kept. */
  take(length: number, skip: number, count: number): Row<Samples> {
    const row = this.free.get(keyOf(length, skip, count))?.pop();
    if (row === undefined) {
      const all = this.make(length);
      return new Row(all, all.subarray(skip, skip + count));
    }
    if (!row.isZero) row.all.fill(0);
    row.isZero = true;
    return row;
  }

  /** Takes a row back; the same three numbers as for {@link take}. */
  give(row: Row<Samples>, length: number, skip: number, count: number): void {
    const key = keyOf(length, skip, count);
    const rows = this.free.get(key);
    if (rows === undefined) this.free.set(key, [row]);
    else rows.push(row);
  }
}

function keyOf(length: number, skip: number, count: number): string {
  return `${length} ${skip} ${count}`;
}
