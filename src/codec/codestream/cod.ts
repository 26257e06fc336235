/**
 * COD and COC: how the samples were transformed, cut into code-blocks and coded (15444-1 A.6.1 and A.6.2).
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed, unsupported } from '../errors.ts';
import { COC, COD } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

/** Bits of the code-block style (Table A.19; bit 6 and 7 are Part 15's, 15444-15 Table A.4). */
export const STYLE_BYPASS = 0x01;
export const STYLE_RESET = 0x02;
export const STYLE_TERMINATE = 0x04;
export const STYLE_CAUSAL = 0x08;
export const STYLE_PREDICTABLE = 0x10;
export const STYLE_SEGMENTATION = 0x20;
export const STYLE_HIGH_THROUGHPUT = 0x40;
export const STYLE_HT_MIXED = 0x80;
/** All bits that are Part 1's. */
export const CLASSIC_STYLES = 0x3f;

/** Progression orders (Table A.16), by their number. */
export const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const;
/** A progression order: layer, resolution, component, position, from the outermost loop inward. */
export type Progression = (typeof PROGRESSIONS)[number];

/** SPcod and SPcoc: the parameters that may differ between components. */
export interface ComponentCodingStyle {
  /** N_L, 0..32. */
  readonly numDecompositionLevels: number;
  /** Code-block size exponents, 2..10, sum at most 12. */
  readonly xcb: number;
  readonly ycb: number;
  /** Code-block style bits, Table A.19. */
  readonly codeBlockStyle: number;
  /** True for the 5/3 reversible, false for the 9/7 irreversible filter (Table A.20). */
  readonly reversible: boolean;
  /** Precinct size exponents PPx and PPy, one byte a resolution level (Table A.21); undefined means 15 everywhere. */
  readonly precincts: readonly number[] | undefined;
}

/** COD. */
export interface Cod {
  /** Packets may begin with SOP. */
  readonly sop: boolean;
  /** Packet headers end with EPH. */
  readonly eph: boolean;
  readonly progression: Progression;
  /** 1..65535. */
  readonly numLayers: number;
  /** Components 0 to 2 went through RCT or ICT (Table A.17). */
  readonly mct: boolean;
  readonly style: ComponentCodingStyle;
}

/** COC. */
export interface Coc {
  readonly component: number;
  readonly style: ComponentCodingStyle;
}

/** PPx of resolution level r. */
export function ppxOf(style: ComponentCodingStyle, r: number): number {
  return style.precincts === undefined ? 15 : style.precincts[r] & 15;
}

/** PPy of resolution level r. */
export function ppyOf(style: ComponentCodingStyle, r: number): number {
  return style.precincts === undefined ? 15 : style.precincts[r] >> 4;
}

/** Reads the parameters after Lcod. */
export function readCod(r: ByteReader): Cod {
  const start = r.offset;
  const scod = r.u8();
  const order = r.u8();
  const progression = PROGRESSIONS[order];
  if (progression === undefined) throw bad('cod-value', `unknown progression order ${order}`, start + 1, 'A.6.1');
  const numLayers = r.u16();
  if (numLayers === 0) throw bad('cod-value', 'the number of layers must not be 0', start + 2, 'A.6.1');
  const mct = r.u8();
  if (mct > 1) {
    // 15444-2 gives other bits a meaning
    throw unsupported('cod-value', `multiple component transformation ${mct}`, {
      offset: start + 4,
      clause: '15444-1 A.6.1',
    });
  }
  const style = readComponentCodingStyle(r, (scod & 1) !== 0, 'A.6.1');
  return { sop: (scod & 2) !== 0, eph: (scod & 4) !== 0, progression, numLayers, mct: mct === 1, style };
}

/** Reads the parameters after Lcoc; a component index takes one byte below 257 components, two from there. */
export function readCoc(r: ByteReader, numComponents: number): Coc {
  const component = readComponentIndex(r, numComponents, '15444-1 A.6.2');
  const scoc = r.u8();
  return { component, style: readComponentCodingStyle(r, (scoc & 1) !== 0, 'A.6.2') };
}

/** Writes a whole COD. */
export function writeCod(w: ByteWriter, cod: Cod): void {
  writeSegment(w, COD, () => {
    w.u8(scodOf(cod.style) | (cod.sop ? 2 : 0) | (cod.eph ? 4 : 0));
    w.u8(PROGRESSIONS.indexOf(cod.progression));
    w.u16(cod.numLayers);
    w.u8(cod.mct ? 1 : 0);
    writeComponentCodingStyle(w, cod.style);
  });
}

/** Writes a whole COC. */
export function writeCoc(w: ByteWriter, coc: Coc, numComponents: number): void {
  writeSegment(w, COC, () => {
    writeComponentIndex(w, coc.component, numComponents);
    w.u8(scodOf(coc.style));
    writeComponentCodingStyle(w, coc.style);
  });
}

/** The bit of Scod and Scoc that says whether precinct sizes follow (Tables A.13 and A.23). */
function scodOf(style: ComponentCodingStyle): number {
  return style.precincts === undefined ? 0 : 1;
}

/** Reads Ccoc, Cqcc or Crgn. */
export function readComponentIndex(r: ByteReader, numComponents: number, clause: string): number {
  const offset = r.offset;
  const component = numComponents < 257 ? r.u8() : r.u16();
  if (component >= numComponents) {
    throw malformed('component-index', `component ${component} of ${numComponents}`, { offset, clause });
  }
  return component;
}

/** Writes Ccoc, Cqcc or Crgn. */
export function writeComponentIndex(w: ByteWriter, component: number, numComponents: number): void {
  if (numComponents < 257) w.u8(component);
  else w.u16(component);
}

function readComponentCodingStyle(r: ByteReader, hasPrecincts: boolean, clause: string): ComponentCodingStyle {
  const start = r.offset;
  const levels = r.u8();
  if (levels > 32) throw bad('cod-value', `${levels} decomposition levels, more than 32`, start, clause);
  const xcb = r.u8() + 2;
  const ycb = r.u8() + 2;
  if (xcb > 10 || ycb > 10 || xcb + ycb > 12) {
    throw bad('cod-value', `a code-block of 2^${xcb} x 2^${ycb} is not allowed`, start + 1, clause);
  }
  const codeBlockStyle = r.u8();
  const transformation = r.u8();
  if (transformation > 1) {
    // 15444-2 has filters of its own
    throw unsupported('cod-value', `wavelet filter ${transformation}`, {
      offset: start + 4,
      clause: `15444-1 ${clause}`,
    });
  }
  let precincts: number[] | undefined;
  if (hasPrecincts) {
    if (r.remaining < levels + 1) {
      throw bad('cod-length', `${levels + 1} precinct sizes expected, ${r.remaining} found`, r.offset, clause);
    }
    precincts = [...r.slice(levels + 1)];
    for (let k = 1; k <= levels; k++) {
      // Table A.21: an exponent of 0 is only legal at the lowest resolution level, where there is no halving
      if ((precincts[k] & 15) === 0 || precincts[k] >> 4 === 0) {
        throw bad('cod-value', `precinct exponent 0 at resolution level ${k}`, start + 5 + k, clause);
      }
    }
  }
  return { numDecompositionLevels: levels, xcb, ycb, codeBlockStyle, reversible: transformation === 1, precincts };
}

function writeComponentCodingStyle(w: ByteWriter, style: ComponentCodingStyle): void {
  w.u8(style.numDecompositionLevels);
  w.u8(style.xcb - 2);
  w.u8(style.ycb - 2);
  w.u8(style.codeBlockStyle);
  w.u8(style.reversible ? 1 : 0);
  if (style.precincts) w.append(style.precincts.slice(0, style.numDecompositionLevels + 1));
}

function bad(code: 'cod-value' | 'cod-length', message: string, offset: number, clause: string): Error {
  return malformed(code, message, { offset, clause: `15444-1 ${clause}` });
}
