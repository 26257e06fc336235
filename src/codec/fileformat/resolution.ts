/**
 * How large a picture is in the world: the resolution boxes (15444-1 I.5.3.7).
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, readInt8, tolerate, writeBox } from './box.ts';

/** Grid points a metre (15444-1 I.5.3.7). */
export interface ResolutionBox {
  readonly vertical: number;
  readonly horizontal: number;
}

/** What a resolution superbox holds. */
export interface Resolutions {
  /** The resolution the picture was captured at. */
  readonly captureResolution: ResolutionBox | undefined;
  /** The resolution the picture should be shown at. */
  readonly displayResolution: ResolutionBox | undefined;
}

/** Resolution superbox (15444-1 I.5.3.7): capture, default display, or both. */
export function readResolutionBoxes(box: BoxContent, log: DiagnosticLog): Resolutions {
  let captureResolution: ResolutionBox | undefined;
  let displayResolution: ResolutionBox | undefined;
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    if (inner.type === 'resc') captureResolution ??= tolerate(log, inner, readResolution);
    if (inner.type === 'resd') displayResolution ??= tolerate(log, inner, readResolution);
  }
  return { captureResolution, displayResolution };
}

/** A vertical and a horizontal fraction, each with a power of ten (15444-1 I.5.3.7.1 and I.5.3.7.2). */
export function readResolution(box: BoxContent): ResolutionBox {
  const clause = '15444-1 I.5.3.7';
  const fields = fieldsOf(box, clause);
  const [vrn, vrd, hrn, hrd] = [fields.u16(), fields.u16(), fields.u16(), fields.u16()];
  const [vre, hre] = [readInt8(fields), readInt8(fields)];
  if (vrn * vrd * hrn * hrd === 0) {
    throw malformed('box-value', `expected a resolution above zero, found ${vrn}/${vrd} and ${hrn}/${hrd}`, {
      offset: box.offset,
      clause,
    });
  }
  return { vertical: scaled(vrn / vrd, vre), horizontal: scaled(hrn / hrd, hre) };
}

/** A whole resolution superbox. */
export function writeResolutionBoxes(w: ByteWriter, { captureResolution, displayResolution }: Resolutions): void {
  writeBox(w, 'res ', () => {
    if (captureResolution) writeResolution(w, 'resc', captureResolution);
    if (displayResolution) writeResolution(w, 'resd', displayResolution);
  });
}

/** A capture or default display resolution box (15444-1 I.5.3.7.1 and I.5.3.7.2): fractions, then exponents. */
function writeResolution(w: ByteWriter, type: 'resc' | 'resd', { vertical, horizontal }: ResolutionBox): void {
  const [v, h] = [fractionOf(vertical), fractionOf(horizontal)];
  writeBox(w, type, () => {
    for (const { numerator, denominator } of [v, h]) {
      w.u16(numerator);
      w.u16(denominator);
    }
    w.u8(v.exponent);
    w.u8(h.exponent);
  });
}

/** A number as these boxes write it: `numerator / denominator * 10 ** exponent`. */
export interface Fraction {
  /** 1 to 65535. */
  readonly numerator: number;
  /** 1 to 65535. */
  readonly denominator: number;
  /** -128 to 127. */
  readonly exponent: number;
}

/**
 * The fraction closest to a positive number, or the plainest of several that are. 300 dots an inch, 300 / 0.0254 a
 * metre, come out as 1500 / 127 * 10 ** 3, exactly.
 *
 * With numerator and denominator of 16 bits and a power of ten near the number's own, what remains is a ratio between
 * 1 and 10, and a continued fraction meets that within 2^-16 of itself.
 */
export function fractionOf(value: number): Fraction {
  const nearest = Math.floor(Math.log10(value));
  let best: Fraction = { numerator: 1, denominator: 1, exponent: 0 };
  let bestError = Number.POSITIVE_INFINITY;
  for (const exponent of [0, ...NEARBY.map((d) => nearest + d)]) {
    if (exponent < -128 || exponent > 127) continue;
    const ratio = exponent < 0 ? value * 10 ** -exponent : value / 10 ** exponent;
    const [numerator, denominator] = ratioOf(ratio);
    const error = Math.abs(scaled(numerator / denominator, exponent) - value) / value;
    if (error < bestError) [best, bestError] = [{ numerator, denominator, exponent }, error];
  }
  return best;
}

/** Powers of ten tried around the number's own: the numerator has room for four digits more, the denominator too. */
const NEARBY = [0, -1, -2, -3, -4, 1, 2, 3, 4];

/** Numerator and denominator, 1 to 65535 each, of the last convergent of a continued fraction that fits. */
function ratioOf(value: number): [number, number] {
  let [n0, d0, n1, d1] = [0, 1, 1, 0];
  let rest = value;
  for (;;) {
    const whole = Math.floor(rest);
    const [n, d] = [whole * n1 + n0, whole * d1 + d0];
    if (n > 65535 || d > 65535) break;
    [n0, d0, n1, d1] = [n1, d1, n, d];
    if (rest === whole || Math.abs(n / d - value) < value * 1e-15) break;
    rest = 1 / (rest - whole);
  }
  return n1 >= 1 && d1 >= 1 ? [n1, d1] : value > 1 ? [65535, 1] : [1, 65535];
}

/** `10 ** -3` is not exact, and dividing by an exact power is the closest there is. */
function scaled(value: number, exponent: number): number {
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}
