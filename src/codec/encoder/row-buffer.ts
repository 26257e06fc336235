/**
 * Rows of samples as they come in, kept until they are a row of tiles.
 */
import type { Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import { componentInterval, type Interval, lengthOf, tileInterval } from '../geometry/axis.ts';
import type { SampleArray } from '../image.ts';
import { type ComponentSamples, componentSize, isSamples } from './samples.ts';

interface ComponentRows {
  readonly width: number;
  /** Rows of the component in this row of tiles. */
  rows: Interval;
  data: SampleArray | undefined;
  filled: number;
}

/** The samples of one row of tiles, growing. */
export class RowBuffer {
  /** Index of the row of tiles. */
  row = 0;
  private readonly siz: Siz;
  private readonly components: ComponentRows[];

  constructor(siz: Siz) {
    this.siz = siz;
    this.components = siz.components.map(({ xrsiz }) => {
      const width = componentSize(siz.xosiz, siz.xsiz - siz.xosiz, xrsiz);
      return { width, rows: { lo: 0, hi: 0 }, data: undefined, filled: 0 };
    });
    this.begin(0);
  }

  /** True when every component has all its rows. */
  get isFull(): boolean {
    return this.components.every(({ filled, rows }) => filled === lengthOf(rows));
  }

  /** Goes on with another row of tiles. */
  begin(row: number): void {
    const { siz } = this;
    this.row = row;
    const tile = tileInterval(row, siz.ytosiz, siz.ytsiz, siz.yosiz, siz.ysiz);
    this.components.forEach((component, c) => {
      component.rows = componentInterval(tile, siz.components[c].yrsiz);
      component.filled = 0;
    });
  }

  /**
   * Takes rows of component c from `from` on, as many as there is room for: `numRows` rows of samples at `data[start]`, `step` apart.
   *
   * @returns how many it took.
   */
  put(c: number, samples: SampleArray, start: number, step: number, numRows: number): number {
    const component = this.components[c];
    const { width } = component;
    const height = lengthOf(component.rows);
    const take = Math.min(numRows, height - component.filled);
    if (take <= 0) return 0;
    if (component.data === undefined || component.data.length < width * height || !sameKind(component.data, samples)) {
      if (component.filled > 0) throw usage('input-type', `the samples of component ${c} change their type on the way`);
      const Kind = samples.constructor as new (length: number) => SampleArray;
      component.data = new Kind(width * height);
    }
    const { data } = component;
    const to = component.filled * width;
    if (step === 1) data.set(samples.subarray(start, start + take * width) as never, to);
    else for (let k = 0, from = start; k < take * width; k++, from += step) data[to + k] = samples[from];
    component.filled += take;
    return take;
  }

  /** Samples of component c, described from the component's first column and row. */
  samples(c: number): ComponentSamples {
    const { width, rows, data } = this.components[c];
    const { yrsiz } = this.siz.components[c];
    const first = Math.ceil(this.siz.yosiz / yrsiz);
    return { data: data!, offset: -(rows.lo - first) * width, strideX: 1, strideY: width };
  }

  /** Samples in one row of component c. */
  widthOf(c: number): number {
    return this.components[c].width;
  }
}

function sameKind(a: SampleArray, b: SampleArray): boolean {
  return a.constructor === b.constructor;
}

/** Rows that come in, one array a component, or one for all of them interleaved. */
export function checkedRows(rows: SampleArray | readonly SampleArray[], siz: Siz): readonly SampleArray[] {
  const list = isSamples(rows) ? [rows] : rows;
  const count = siz.components.length;
  if (!Array.isArray(list) || !list.every(isSamples)) throw usage('input-type', 'rows come in typed arrays');
  if (list.length === count) return list;
  const [first] = siz.components;
  const alike = siz.components.every((c) => c.xrsiz === first.xrsiz && c.yrsiz === first.yrsiz);
  if (list.length === 1 && alike) return list;
  throw usage('buffer-size', `${count} components need ${count} arrays of rows, found ${list.length}`);
}
