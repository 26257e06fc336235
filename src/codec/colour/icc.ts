/**
 * ICC profiles of the two simple kinds (ICC.1:2010, in force for v2 and v4): three curves and a matrix, and a single
 * grey curve.
 *
 * These are the restricted profiles of JP2 (15444-1 I.5.3.3) and the working spaces people photograph in. Both end in
 * the profile connection space, XYZ under D50. Profiles made of lookup tables (printers, scanners) are recognised and
 * left to the caller, who has the bytes.
 */
import { malformed } from '../errors.ts';
import type { Matrix3 } from './matrix.ts';

/** A tone curve: device value 0…1 to linear light 0…1. */
export type ToneCurve =
  | { readonly kind: 'gamma'; readonly gamma: number }
  | { readonly kind: 'table'; readonly values: Float64Array }
  | { readonly kind: 'parametric'; readonly form: number; readonly parameters: readonly number[] };

/** What a profile does to colours. */
export type IccModel =
  | {
      readonly kind: 'matrix';
      readonly curves: readonly [ToneCurve, ToneCurve, ToneCurve];
      /** Linear device values to XYZ under D50. */
      readonly matrix: Matrix3;
    }
  | { readonly kind: 'grey'; readonly curve: ToneCurve; readonly pcs: 'XYZ' | 'Lab' }
  | { readonly kind: 'other'; readonly reason: string };

/** A profile, as far as it is understood. */
export interface IccProfile {
  /** Major version. */
  readonly version: number;
  /** Profile class: `'scnr'`, `'mntr'`, `'prtr'`, `'spac'`… */
  readonly profileClass: string;
  /** Data colour space: `'RGB '`, `'GRAY'`, `'CMYK'`… */
  readonly colourSpace: string;
  /** Profile connection space: `'XYZ '` or `'Lab '`. */
  readonly pcs: string;
  readonly model: IccModel;
}

const HEADER_LENGTH = 128;

/** Entries of a curve that are kept; sixteen bits cannot use more. */
const MAX_CURVE = 65536;

/** Parameters of a parametric curve by form (ICC.1:2010 Table 65). */
const PARAMETER_COUNTS = [1, 3, 4, 5, 7];

/** Reads a profile; throws `icc-profile` when its structure is damaged. */
export function readIccProfile(bytes: Uint8Array): IccProfile {
  const reader = new TagReader(bytes);
  const colourSpace = reader.text(16);
  const pcs = reader.text(20);
  return {
    version: reader.view.getUint8(8),
    profileClass: reader.text(12),
    colourSpace,
    pcs,
    model: modelOf(reader, colourSpace, pcs),
  };
}

function modelOf(tags: TagReader, colourSpace: string, pcs: string): IccModel {
  if (colourSpace === 'GRAY' && tags.has('kTRC')) {
    if (pcs !== 'XYZ ' && pcs !== 'Lab ') return { kind: 'other', reason: `connection space '${pcs}'` };
    return { kind: 'grey', curve: tags.curve('kTRC'), pcs: pcs === 'XYZ ' ? 'XYZ' : 'Lab' };
  }
  const isMatrix = ['rTRC', 'gTRC', 'bTRC', 'rXYZ', 'gXYZ', 'bXYZ'].every((name) => tags.has(name));
  if (colourSpace === 'RGB ' && pcs === 'XYZ ' && isMatrix) {
    const [r, g, b] = [tags.xyz('rXYZ'), tags.xyz('gXYZ'), tags.xyz('bXYZ')];
    return {
      kind: 'matrix',
      curves: [tags.curve('rTRC'), tags.curve('gTRC'), tags.curve('bTRC')],
      matrix: [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]],
    };
  }
  const what = tags.has('A2B0') ? 'made of lookup tables' : 'without the tags of a matrix or grey profile';
  return { kind: 'other', reason: `${colourSpace.trim()}, ${what}` };
}

/** A tone curve at `x` of 0…1; the result is clipped to 0…1. */
export function evaluateCurve(curve: ToneCurve, x: number): number {
  return Math.min(1, Math.max(0, rawCurve(curve, x) || 0)); // a damaged curve may give NaN
}

function rawCurve(curve: ToneCurve, x: number): number {
  if (curve.kind === 'gamma') return x ** curve.gamma;
  if (curve.kind === 'table') {
    const { values } = curve;
    const at = x * (values.length - 1);
    const below = Math.floor(at);
    const above = Math.min(below + 1, values.length - 1);
    return values[below] + (values[above] - values[below]) * (at - below);
  }
  const [g, a, b, c, d, e, f] = curve.parameters;
  switch (curve.form) {
    case 0:
      return x ** g;
    case 1:
      return x >= -b / a ? (a * x + b) ** g : 0;
    case 2:
      return x >= -b / a ? (a * x + b) ** g + c : c;
    case 3:
      return x >= d ? (a * x + b) ** g : c * x;
    default:
      return x >= d ? (a * x + b) ** g + e : c * x + f;
  }
}

/** The tag table of a profile, with every offset checked (ICC.1:2010 7.3). */
class TagReader {
  readonly view: DataView;
  private readonly tags = new Map<string, { readonly offset: number; readonly length: number }>();

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < HEADER_LENGTH + 4) throw bad(`expected at least 132 bytes, found ${bytes.length}`);
    const count = this.view.getUint32(HEADER_LENGTH);
    const room = Math.floor((bytes.length - HEADER_LENGTH - 4) / 12);
    if (count > room) throw bad(`expected at most ${room} tags in ${bytes.length} bytes, found ${count}`);
    for (let k = 0; k < count; k++) {
      const at = HEADER_LENGTH + 4 + 12 * k;
      const name = this.text(at);
      const offset = this.view.getUint32(at + 4);
      const length = this.view.getUint32(at + 8);
      if (offset + length <= bytes.length && length >= 8 && !this.tags.has(name))
        this.tags.set(name, { offset, length });
    }
  }

  /** Four characters. */
  text(at: number): string {
    return String.fromCharCode(...[0, 1, 2, 3].map((k) => this.view.getUint8(at + k)));
  }

  has(name: string): boolean {
    return this.tags.has(name);
  }

  /** A tag of XYZType with one triple (ICC.1:2010 10.27). */
  xyz(name: string): [number, number, number] {
    const at = this.begin(name, 20);
    if (this.text(at) !== 'XYZ ') throw bad(`expected XYZ in tag '${name}', found '${this.text(at)}'`);
    return [this.fixed(at + 8), this.fixed(at + 12), this.fixed(at + 16)];
  }

  /** A tag of curveType (ICC.1:2010 10.5) or parametricCurveType (10.15). */
  curve(name: string): ToneCurve {
    const at = this.begin(name, 12);
    const type = this.text(at);
    if (type === 'curv') {
      const count = this.view.getUint32(at + 8);
      if (count === 0) return { kind: 'gamma', gamma: 1 };
      if (count > MAX_CURVE) throw bad(`expected a curve of at most ${MAX_CURVE} entries, found ${count}`);
      this.begin(name, 12 + 2 * count);
      if (count === 1) return { kind: 'gamma', gamma: this.view.getUint16(at + 12) / 256 };
      const values = Float64Array.from({ length: count }, (_, k) => this.view.getUint16(at + 12 + 2 * k) / 65535);
      return { kind: 'table', values };
    }
    if (type === 'para') {
      const form = this.view.getUint16(at + 8);
      const count = PARAMETER_COUNTS[form];
      if (count === undefined) throw bad(`expected a parametric curve of form 0 to 4, found ${form}`);
      this.begin(name, 12 + 4 * count);
      const parameters = Array.from({ length: count }, (_, k) => this.fixed(at + 12 + 4 * k));
      return { kind: 'parametric', form, parameters };
    }
    throw bad(`expected a curve in tag '${name}', found '${type}'`);
  }

  /** Where a tag begins that needs `length` bytes. */
  private begin(name: string, length: number): number {
    const tag = this.tags.get(name);
    if (!tag || tag.length < length)
      throw bad(`expected ${length} bytes in tag '${name}', found ${tag?.length ?? 'none'}`);
    return tag.offset;
  }

  /** s15Fixed16Number. */
  private fixed(at: number): number {
    return this.view.getInt32(at) / 65536;
  }
}

function bad(message: string) {
  return malformed('icc-profile', message, { clause: '15444-1 I.5.3.3' });
}
