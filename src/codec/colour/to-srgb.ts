/**
 * Any picture as sRGB: the colours of 15444-1 I.5.3.3 and some of 15444-2 M.11.7 to red, green and blue of IEC
 * 61966-2-1.
 *
 * Each space has one function that turns levels into three channels. They are arithmetic on numbers of 0…1 with the
 * clauses beside them; everything that depends on one channel alone sits in a table. Colours outside sRGB are clipped
 * channel by channel, the rendering is relative colorimetric without black point compensation.
 */
import { type DiagnosticLog, Jpeg2000Error, usage } from '../errors.ts';
import { cieLabParameters } from '../fileformat/colour-specification.ts';
import type { ColourInfo, Plane } from '../image.ts';
import type { Bounds } from '../rect.ts';
import { type Channels, numColoursOf } from './channels.ts';
import { evaluateCurve, type IccModel, readIccProfile } from './icc.ts';
import { type Levels, levelsOf, newLevels, rescale, tableOf } from './levels.ts';
import { type Matrix3, multiply, diagonal, type Vector3, WHITE_D50, whiteOf, xyzToLinearSrgb } from './matrix.ts';
import { SrgbEncoder } from './srgb-encoding.ts';
import { type MaybePlacedPlane, type UpsampleMethod, upsample } from './upsample.ts';

/** How to render. */
export interface RenderOptions {
  /** Bits of the result, 1 to 16. Default 8. */
  readonly precision?: number;
  /**
   * The window on the (reduced) reference grid, needed when components are subsampled: they are brought to its grid
   * first.
   */
  readonly bounds?: Bounds;
  /** How they are. Default nearest, as the reference pictures of T.803 Annex G have it. */
  readonly upsample?: UpsampleMethod;
}

/** Three channels of levels. */
type Rgb = readonly [Uint8Array | Uint16Array, Uint8Array | Uint16Array, Uint8Array | Uint16Array];

/** Renders three colours of `bits` bits from the colour channels. */
type Renderer = (colours: readonly Levels[], bits: number) => Rgb;

/**
 * Renders channels, in the order of their colours, as red, green, blue and whatever opacity there is. Unspecified
 * channels are left out. A grey picture gets three planes that share one array.
 *
 * A colour space that cannot be converted is shown by its number of channels, with a `colour-space` or `icc-profile`
 * diagnostic: three as RGB, four as CMYK, fewer as grey.
 */
export function renderSrgb(
  planes: readonly MaybePlacedPlane[],
  colour: ColourInfo,
  options: RenderOptions,
  log: DiagnosticLog,
): Channels {
  const bits = options.precision ?? 8;
  if (!Number.isInteger(bits) || bits < 1 || bits > 16) {
    throw usage('option-value', `expected a precision of 1 to 16 bits, found ${bits}`);
  }
  const { colours, others } = splitChannels(planes, colour);
  const full = bringToGrid([...colours, ...others], options);
  const colourLevels = full.slice(0, colours.length).map(levelsOf);
  const rgb = rendererOf(colour, colours, log)(colourLevels, bits);
  const opacity = full.slice(colours.length).map((plane) => rescale(levelsOf(plane), bits));
  const { width, height, dx, dy } = full[0];
  const infos = colour.channels.filter((c) => c.kind === 'opacity' || c.kind === 'premultiplied-opacity');
  return {
    planes: [...rgb, ...opacity].map((data) => ({ width, height, dx, dy, precision: bits, signed: false, data })),
    colour: {
      space: 'srgb',
      channels: [...[1, 2, 3].map((association) => ({ kind: 'colour' as const, association })), ...infos],
      palette: colour.palette,
    },
  };
}

/** Colours in the order of their association, and opacity channels. */
function splitChannels<P>(planes: readonly P[], colour: ColourInfo): { colours: P[]; others: P[] } {
  const kindOf = (k: number) => colour.channels[k]?.kind ?? 'unspecified';
  const indices = planes.map((_, k) => k);
  const associationOf = (k: number) => colour.channels[k].association;
  const colours = indices.filter((k) => kindOf(k) === 'colour').sort((a, b) => associationOf(a) - associationOf(b));
  const others = indices.filter((k) => kindOf(k) === 'opacity' || kindOf(k) === 'premultiplied-opacity');
  const plain = colours.length > 0 ? colours : indices.filter((k) => !others.includes(k));
  if (plain.length === 0) throw usage('component-missing', 'expected at least one colour channel, found none');
  return { colours: plain.map((k) => planes[k]), others: others.map((k) => planes[k]) };
}

/** All planes on one grid: that of the window where there is one. */
function bringToGrid(planes: readonly MaybePlacedPlane[], options: RenderOptions): readonly Plane[] {
  const { bounds, upsample: method = 'nearest' } = options;
  if (bounds) return planes.map((plane) => upsample(plane, { method, bounds }));
  const [first] = planes;
  for (const { width, height, dx, dy } of planes) {
    if (width !== first.width || height !== first.height || dx !== first.dx || dy !== first.dy) {
      throw usage('layout-mismatch', 'expected planes of one size, found several and no window to fit them to');
    }
  }
  return planes;
}

/** The function for a space, or a guess with a diagnostic. */
function rendererOf(colour: ColourInfo, planes: readonly Plane[], log: DiagnosticLog): Renderer {
  const count = planes.length;
  const expected = numColoursOf(colour);
  if (expected !== undefined && count < expected) {
    log.add('colour-space', `expected ${expected} colours of space '${colour.space}', found ${count}`, {
      clause: '15444-1 I.5.3.3',
    });
    return guess(count);
  }
  switch (colour.space) {
    case 'grey':
      return colour.enumerated === 0 ? renderWhiteIsZero : renderGrey;
    case 'srgb':
      return renderRgb;
    case 'sycc':
      return renderSycc;
    case 'esrgb':
      return renderEsrgb;
    case 'cmyk':
      return renderCmyk;
    case 'cielab':
      return cieLabRenderer(colour, planes, log);
    case 'icc':
      return iccRenderer(colour, count, log);
    case 'unknown':
      if (colour.enumerated !== undefined) complainOf(`colour space ${colour.enumerated}`, log);
      // A bare codestream with smaller second and third components is luminance and chrominance, whatever else it may
      // be.
      return count === 3 && isChromaSubsampled(planes) ? renderSycc : guess(count);
    default:
      complainOf(`colour space '${colour.space}'`, log);
      return guess(count);
  }
}

function complainOf(what: string, log: DiagnosticLog): void {
  log.add('colour-space', `${what} is not converted, but shown as it is`, { clause: '15444-2 M.11.7.3' });
}

function isChromaSubsampled([y, cb, cr]: readonly Plane[]): boolean {
  const smaller = cb.dx * cb.dy > y.dx * y.dy;
  return smaller && cb.dx === cr.dx && cb.dy === cr.dy;
}

function guess(count: number): Renderer {
  return count < 3 ? renderGrey : count === 4 ? renderCmyk : renderRgb;
}

/** Greyscale has the transfer curve of sRGB (15444-1 Table I.10, value 17). */
function renderGrey([grey]: readonly Levels[], bits: number): Rgb {
  const data = rescale(grey, bits);
  return [data, data, data];
}

/** Bi-level of value 0 counts from white (15444-2 M.11.7.3.1). */
function renderWhiteIsZero([grey]: readonly Levels[], bits: number): Rgb {
  const data = throughTable(
    grey,
    tableOf(grey.bits, (v) => Math.round((1 - v) * (2 ** bits - 1))),
    bits,
  );
  return [data, data, data];
}

function renderRgb(colours: readonly Levels[], bits: number): Rgb {
  return [rescale(colours[0], bits), rescale(colours[1], bits), rescale(colours[2], bits)];
}

/**
 * sYCC (IEC 61966-2-1 Amendment 1; 15444-1 Table I.10, value 18): the matrix of ITU-R BT.601 over full ranges.
 * Chrominance zero is level 2^(bits-1), which is sample 0 where the component is signed.
 */
function renderSycc([y, cb, cr]: readonly Levels[], bits: number): Rgb {
  const max = 2 ** bits - 1;
  const luma = tableOf(y.bits, (v) => v * max + 0.5); // half a level, so that cutting the fraction rounds
  const blue = chromaTable(cb, max);
  const red = chromaTable(cr, max);
  const out = newRgb(bits, y.data.length);
  const [outRed, outGreen, outBlue] = out;
  const [yData, cbData, crData] = [y.data, cb.data, cr.data];
  for (let k = 0; k < yData.length; k++) {
    const light = luma[yData[k]];
    const b = blue[cbData[k]];
    const r = red[crData[k]];
    outRed[k] = clip(light + 1.402 * r, max);
    outGreen[k] = clip(light - 0.344136 * b - 0.714136 * r, max);
    outBlue[k] = clip(light + 1.772 * b, max);
  }
  return out;
}

function chromaTable({ bits }: Levels, max: number): Float64Array {
  const zero = 2 ** (bits - 1) / (2 ** bits - 1);
  return tableOf(bits, (v) => (v - zero) * max);
}

/**
 * e-sRGB (PIMA 7667; 15444-2 Table M.25, value 20): the curve of sRGB over a wider range, with black at 3/8 of the
 * levels and white 255 / 512 of them higher. What lies outside black and white is clipped.
 */
function renderEsrgb(colours: readonly Levels[], bits: number): Rgb {
  const max = 2 ** bits - 1;
  const channel = (levels: Levels) => {
    const black = 2 ** (levels.bits - 2) + 2 ** (levels.bits - 3);
    const span = 255 * 2 ** (levels.bits - 9);
    const top = 2 ** levels.bits - 1;
    return throughTable(
      levels,
      tableOf(levels.bits, (v) => clip(((v * top - black) / span) * max + 0.5, max)),
      bits,
    );
  };
  return [channel(colours[0]), channel(colours[1]), channel(colours[2])];
}

/**
 * CMYK (15444-2 Table M.25, value 12) as if inks were perfect: each takes away its own colour, black takes away all.
 * Real inks need a profile; this only gives an idea of the picture.
 */
function renderCmyk(colours: readonly Levels[], bits: number): Rgb {
  const max = 2 ** bits - 1;
  const [cyan, magenta, yellow, black] = colours.map((ink) => tableOf(ink.bits, (v) => 1 - v));
  const [c, m, y, k] = colours.map((ink) => ink.data);
  const out = newRgb(bits, c.length);
  for (let n = 0; n < c.length; n++) {
    const light = black[k[n]] * max;
    out[0][n] = Math.round(cyan[c[n]] * light);
    out[1][n] = Math.round(magenta[m[n]] * light);
    out[2][n] = Math.round(yellow[y[n]] * light);
  }
  return out;
}

/**
 * Whites of the illuminants that IL can name (15444-2 M.11.7.4.1; chromaticities of CIE 15 for the 2 degree
 * observer).
 */
const ILLUMINANTS: Readonly<Record<number, Vector3>> = {
  4470064: WHITE_D50,
  4470325: /* @__PURE__ */ whiteOf(0.31271, 0.32902), // D65
  4470581: /* @__PURE__ */ whiteOf(0.29902, 0.31485), // D75
  21313: /* @__PURE__ */ whiteOf(0.44757, 0.40745), // A
  21315: /* @__PURE__ */ whiteOf(0.31006, 0.31616), // C
  17970: /* @__PURE__ */ whiteOf(0.37208, 0.37529), // F2
  17975: /* @__PURE__ */ whiteOf(0.31292, 0.32933), // F7
  4600113: /* @__PURE__ */ whiteOf(0.38052, 0.37713), // F11
};

/**
 * CIELab (15444-2 M.11.7.4.1): samples to L*, a*, b* by ranges and offsets, those to XYZ under the illuminant (CIE
 * 15).
 */
function cieLabRenderer(colour: ColourInfo, planes: readonly Plane[], log: DiagnosticLog): Renderer {
  const parameters = cieLabParameters(
    colour.parameters ?? new Uint8Array(0),
    planes.map((plane) => plane.precision),
  );
  const { illuminant, range, offset } = parameters;
  const white = ILLUMINANTS[illuminant];
  if (!white) {
    log.add('colour-space', `illuminant ${illuminant.toString(16)} of CIELab is not known; it is taken for D50`, {
      clause: '15444-2 M.11.7.4.1',
    });
  }
  const used = white ?? WHITE_D50;
  const matrix = multiply(xyzToLinearSrgb(used), diagonal(used));
  return (colours, bits) => {
    // L* = (sample - OL) * RL / (2^bits - 1), and so for a* and b*; levels may have fewer bits than samples.
    const table = (k: number, f: (value: number) => number) => {
      const top = 2 ** planes[k].precision - 1;
      const below = planes[k].signed && colour.parameters ? 2 ** (planes[k].precision - 1) : 0; // defaults: levels
      return tableOf(colours[k].bits, (v) => f(((v * top - below - offset[k]) * range[k]) / top));
    };
    const fy = table(0, (l) => (l + 16) / 116);
    const fa = table(1, (a) => a / 500);
    const fb = table(2, (b) => b / 200);
    const [l, a, b] = colours.map((c) => c.data);
    const encoder = new SrgbEncoder(bits);
    const out = newRgb(bits, l.length);
    for (let k = 0; k < l.length; k++) {
      const f = fy[l[k]];
      encodeLinear(encoder, matrix, labInverse(f + fa[a[k]]), labInverse(f), labInverse(f - fb[b[k]]), out, k);
    }
    return out;
  };
}

/** The cube of CIE 15, with its straight foot. */
function labInverse(t: number): number {
  return t > 6 / 29 ? t * t * t : 3 * (6 / 29) * (6 / 29) * (t - 4 / 29);
}

/** What the profile says, or a guess when it says too little or too much. */
function iccRenderer(colour: ColourInfo, count: number, log: DiagnosticLog): Renderer {
  let reason = 'it is missing';
  try {
    const { model } = readIccProfile(colour.icc ?? new Uint8Array(0));
    if (model.kind === 'matrix') return (colours, bits) => renderMatrix(model, colours, bits);
    if (model.kind === 'grey') return (colours, bits) => renderIccGrey(model, colours, bits);
    reason = model.reason;
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    reason = error.message;
  }
  log.add('icc-profile', `the ICC profile is not applied (${reason}); it is handed over with the picture`, {
    clause: '15444-1 I.5.3.3',
  });
  return guess(count);
}

/** Three curves to linear light, one matrix to linear sRGB: the profile's, then from D50 to sRGB. */
function renderMatrix(model: IccModel & { kind: 'matrix' }, colours: readonly Levels[], bits: number): Rgb {
  const [red, green, blue] = model.curves.map((curve, k) => tableOf(colours[k].bits, (v) => evaluateCurve(curve, v)));
  const matrix = multiply(xyzToLinearSrgb(WHITE_D50), model.matrix);
  const [r, g, b] = colours.map((c) => c.data);
  const encoder = new SrgbEncoder(bits);
  const out = newRgb(bits, r.length);
  for (let k = 0; k < r.length; k++) encodeLinear(encoder, matrix, red[r[k]], green[g[k]], blue[b[k]], out, k);
  return out;
}

/** One curve; what it gives is Y, or L* / 100 where the connection space is Lab. */
function renderIccGrey(model: IccModel & { kind: 'grey' }, [grey]: readonly Levels[], bits: number): Rgb {
  const encoder = new SrgbEncoder(bits);
  const light = (value: number) => (model.pcs === 'Lab' ? labInverse((100 * value + 16) / 116) : value);
  const table = tableOf(grey.bits, (v) => encoder.encode(light(evaluateCurve(model.curve, v))));
  const data = throughTable(grey, table, bits);
  return [data, data, data];
}

/** A matrix to linear sRGB, and its curve. */
function encodeLinear(
  encoder: SrgbEncoder,
  m: Matrix3,
  x: number,
  y: number,
  z: number,
  [red, green, blue]: Rgb,
  k: number,
): void {
  red[k] = encoder.encode(m[0] * x + m[1] * y + m[2] * z);
  green[k] = encoder.encode(m[3] * x + m[4] * y + m[5] * z);
  blue[k] = encoder.encode(m[6] * x + m[7] * y + m[8] * z);
}

function throughTable(levels: Levels, table: Float64Array, bits: number): Uint8Array | Uint16Array {
  const out = newLevels(bits, levels.data.length);
  for (let k = 0; k < out.length; k++) out[k] = table[levels.data[k]];
  return out;
}

function newRgb(bits: number, length: number): Rgb {
  return [newLevels(bits, length), newLevels(bits, length), newLevels(bits, length)];
}

/** A level within 0…max; the fraction is cut by the array that it goes to. */
function clip(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}
