/**
 * Rules of marker segments: lengths to the byte, reserved values, how often each may come (15444-1 Annex A), and what has to fit
 * together between them.
 *
 * Values out of their ranges are found by the readers of the segments, which say so in the log; here is what a reader can pass over.
 */
import { ByteReader } from '../bits/byte-reader.ts';
import {
  type Cod,
  type ComponentCodingStyle,
  readCoc,
  readCod,
  STYLE_HIGH_THROUGHPUT,
  STYLE_HT_MIXED,
} from '../codestream/cod.ts';
import { type TileHeader, tileComponentParametersOf } from '../codestream/coding-parameters.ts';
import type { SegmentPlace } from '../codestream/header-segments.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import * as M from '../codestream/markers.ts';
import type { ProgressionChange } from '../codestream/poc.ts';
import { type Quantization, readQcc, readQcd } from '../codestream/qcd.ts';
import { Jpeg2000Error } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import type { Findings } from './findings.ts';

/** Segments of which a header has at most one (Table A.2 and the clauses it names). */
const ONCE: readonly number[] = [M.CAP, M.PRF, M.CPF, M.POC, M.CRG];

/** Segments of which there is one a component at most. */
const ONCE_A_COMPONENT: readonly number[] = [M.COC, M.QCC, M.RGN];

/** Bits of Rsiz (Table A.10). */
const RSIZ_PART_2 = 0x8000;
const RSIZ_CAP = 0x4000;

/** Markers of a header that some part of the standard defines or may define; those around them belong to other standards (A.1). */
function isOfFamily(marker: number): boolean {
  return (marker >= 0xff30 && marker <= 0xff3f) || (marker >= M.SOC && marker <= 0xff9f);
}

/** Checks every segment of one header for itself. `already` names components and markers seen in earlier headers of the same tile. */
export function* checkSegments(
  window: ReadWindow,
  places: readonly SegmentPlace[],
  numComponents: number,
  already: Set<string>,
  findings: Findings,
): Reading<void> {
  for (const { marker, offset, length } of places) {
    const name = M.markerName(marker);
    const once = (key: string, what: string) => {
      if (already.has(key)) findings.error('marker-duplicate', `a second ${what}`, { offset, clause: '15444-1 A.2' });
      already.add(key);
    };
    if (ONCE.includes(marker)) once(name, name);
    if (!isOfFamily(marker)) {
      const message = `${name} is no marker of this family of standards`;
      findings.warning('marker-unknown', message, { offset, clause: '15444-1 A.1' });
    }
    if (length <= 4) continue;
    const bytes = yield* window.need(offset, length);
    const r = new ByteReader(bytes.subarray(4), offset + 4);
    if (ONCE_A_COMPONENT.includes(marker)) {
      const component = numComponents < 257 ? bytes[4] : (bytes[4] << 8) | bytes[5];
      once(`${name} ${component}`, `${name} for component ${component}`);
    }
    checkReserved(marker, bytes.subarray(4), numComponents, offset, findings);
    try {
      readWhole(marker, r, numComponents);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      continue; // the header's reader has said so
    }
    if (r.remaining > 0) {
      findings.error('marker-length', `${name} goes on for ${r.remaining} bytes after its parameters`, {
        offset,
        clause: '15444-1 A.1.1',
      });
    }
  }
}

/** Reads a segment to see where its parameters end; all others are as long as they say. */
function readWhole(marker: number, r: ByteReader, numComponents: number): void {
  if (marker === M.COD) readCod(r);
  else if (marker === M.COC) readCoc(r, numComponents);
  else if (marker === M.QCD) readQcd(r);
  else if (marker === M.QCC) readQcc(r, numComponents);
  else if (marker === M.RGN) r.slice(numComponents < 257 ? 3 : 4);
  else if (marker === M.CRG) r.slice(4 * numComponents);
  else r.rest();
}

function checkReserved(marker: number, b: Uint8Array, numComponents: number, offset: number, findings: Findings): void {
  const wide = numComponents < 257 ? 1 : 2;
  const reserved = (value: number, mask: number, what: string, clause: string) => {
    if ((value & mask) === 0) return;
    findings.error(codeOf(marker), `reserved values of ${what} are used: ${value}`, {
      offset,
      clause: `15444-1 ${clause}`,
    });
  };
  switch (marker) {
    case M.COD:
      reserved(b[0], 0xf8, 'Scod', 'A.6.1');
      break;
    case M.COC:
      reserved(b[wide], 0xfe, 'Scoc', 'A.6.2');
      break;
    case M.TLM:
      reserved(b[1], 0x8f, 'Stlm', 'A.7.1');
      break;
    case M.COM:
      if (b.length >= 2 && ((b[0] << 8) | b[1]) > 1) reserved((b[0] << 8) | b[1], 0xffff, 'Rcom', 'A.9.2');
      break;
    case M.QCD:
    case M.QCC: {
      const at = marker === M.QCD ? 0 : wide;
      if ((b[at] & 31) !== 0) break;
      const low = b.subarray(at + 1).reduce((bits, value) => bits | value, 0);
      reserved(low, 0x07, 'reversible exponents', 'A.6.4');
      break;
    }
  }
}

function codeOf(marker: number): 'cod-value' | 'qcd-value' | 'tlm-value' | 'com-value' {
  if (marker === M.COD || marker === M.COC) return 'cod-value';
  return marker === M.TLM ? 'tlm-value' : marker === M.COM ? 'com-value' : 'qcd-value';
}

/** Rules over the whole main header. */
export function checkMainHeader(main: MainHeader, findings: Findings): void {
  const { siz, segments } = main;
  const place = { offset: main.offset + 6, clause: '15444-1 A.5.1' };
  if ((siz.rsiz & RSIZ_CAP) !== 0 && !segments.cap) {
    findings.error('cap-value', 'Rsiz speaks of CAP, and there is none', place);
  }
  if ((siz.rsiz & RSIZ_CAP) === 0 && segments.cap) {
    findings.error('cap-value', 'there is a CAP that Rsiz does not speak of', place);
  }
  if ((siz.rsiz & RSIZ_PART_2) !== 0) {
    findings.note('capability', 'the codestream uses extensions of 15444-2, whose rules are not checked', place);
  }
  const own = segments.places.map(({ marker }) => marker);
  if (own[0] !== M.SIZ) findings.error('marker-order', 'SIZ is not the first segment', place);
  if (own.includes(M.PPM) && own.includes(M.PPT)) {
    findings.error('ppm-value', 'PPM and PPT in one codestream', { offset: main.offset, clause: '15444-1 A.7.5' });
  }
  checkIndices(segments.tlm, 'TLM', findings, main.offset);
  checkIndices(segments.plm, 'PLM', findings, main.offset);
  checkIndices(segments.ppm, 'PPM', findings, main.offset);
}

/** Segments of a kind count themselves from 0 (Ztlm, Zplm, Zppm, Zplt; A.7). */
export function checkIndices(
  segments: readonly { readonly index: number }[],
  name: string,
  findings: Findings,
  offset: number,
  first = 0,
): void {
  segments.forEach(({ index }, k) => {
    if (index === (first + k) % 256) return;
    const code = name === 'TLM' ? 'tlm-value' : name.startsWith('PP') ? 'ppm-value' : 'plt-value';
    findings.error(code, `${name} number ${index} where ${(first + k) % 256} is due`, {
      offset,
      clause: '15444-1 A.7',
    });
  });
}

/** Checks what the segments of a tile, or of the main header alone, make of its components. Each combination is looked at once. */
export class CodingRules {
  private readonly main: MainHeader;
  private readonly findings: Findings;
  private readonly pairs = new Map<ComponentCodingStyle, Set<Quantization>>();
  private readonly cods = new Set<Cod>();

  constructor(main: MainHeader, findings: Findings) {
    this.main = main;
    this.findings = findings;
  }

  /** The parameters of a tile. */
  checkTile(tile: TileHeader): void {
    const { main, findings } = this;
    const place = { offset: tile.segments.places[0]?.offset ?? main.offset };
    main.siz.components.forEach((_, c) => {
      const { style, quantization, roiShift } = tileComponentParametersOf(main, tile, c);
      const seen = this.pairs.get(style);
      if (!seen?.has(quantization)) {
        this.pairs.set(style, (seen ?? new Set()).add(quantization));
        this.checkPair(c, style, quantization, place.offset);
      }
      if (roiShift > 37) findings.error('rgn-value', `a region is shifted by ${roiShift} planes, more than 37`, place);
    });
    if (this.cods.has(tile.cod)) return;
    this.cods.add(tile.cod);
    if (tile.cod.mct) this.checkComponentTransform(tile, place.offset);
  }

  /** Bounds of progression order changes (Table A.32). */
  checkChanges(changes: readonly ProgressionChange[], offset: number): void {
    for (const [k, change] of changes.entries()) {
      const { resolutionStart, resolutionEnd, componentStart, componentEnd, layerEnd } = change;
      const wrong = [
        resolutionStart >= resolutionEnd || resolutionEnd > 33
          ? `resolution levels ${resolutionStart} to ${resolutionEnd}`
          : '',
        componentStart >= componentEnd ? `components ${componentStart} to ${componentEnd}` : '',
        layerEnd === 0 ? 'no layers' : '',
      ].filter((text) => text !== '');
      if (wrong.length === 0) continue;
      const message = `progression order change ${k} has ${wrong.join(', ')}`;
      this.findings.error('poc-value', message, { offset, clause: '15444-1 A.6.6' });
    }
  }

  private checkPair(c: number, style: ComponentCodingStyle, quantization: Quantization, offset: number): void {
    const { findings } = this;
    const place = { offset, clause: '15444-1 A.6.4' };
    const bands = 3 * style.numDecompositionLevels + 1;
    const found = quantization.epsilon.length;
    if (quantization.style !== 'derived' && found < bands) {
      findings.error('qcd-length', `${found} step sizes for the ${bands} subbands of component ${c}`, place);
    }
    if (style.reversible !== (quantization.style === 'none')) {
      const [filter, steps] = [style.reversible ? 'reversible' : 'irreversible', quantization.style];
      findings.error('qcd-value', `component ${c} has the ${filter} filter and quantisation '${steps}'`, place);
    }
    const ht = (style.codeBlockStyle & (STYLE_HIGH_THROUGHPUT | STYLE_HT_MIXED)) !== 0;
    if (ht && !this.main.segments.cap) {
      const message = 'the block coder of 15444-15 without a CAP segment that says so';
      findings.error('cap-value', message, { offset, clause: '15444-15 A.3' });
    }
  }

  /** G.2, G.3: the first three components of one size and, for RCT, of one depth, transformed alike. */
  private checkComponentTransform(tile: TileHeader, offset: number): void {
    const { main, findings } = this;
    const place = { offset, clause: '15444-1 G.2' };
    const [a, b, c] = main.siz.components;
    if (!c) {
      findings.error('cod-value', `a component transform over ${main.siz.components.length} components`, place);
      return;
    }
    if ([b, c].some(({ xrsiz, yrsiz }) => xrsiz !== a.xrsiz || yrsiz !== a.yrsiz)) {
      findings.error('cod-value', 'a component transform over components of different sizes', place);
    }
    if ([b, c].some(({ precision }) => precision !== a.precision)) {
      findings.error('cod-value', 'a component transform over components of different depths', place);
    }
    const [one, two, three] = [0, 1, 2].map((k) => tileComponentParametersOf(main, tile, k).style);
    if (one.reversible !== two.reversible || one.reversible !== three.reversible) {
      findings.error('cod-value', 'a component transform over components with different filters', place);
    }
    if (one.numDecompositionLevels !== two.numDecompositionLevels) {
      findings.note('cod-value', 'a component transform over components with different numbers of levels', place);
    }
  }
}
