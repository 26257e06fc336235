/**
 * Walks the marker segments of one header, main or tile-part, and sorts them (15444-1 Annex A.1 to A.4).
 *
 * Both kinds of header are runs of segments up to a delimiter; which of them may appear where is a table here, and a segment in
 * the wrong place is reported and left out. Unknown segments are skipped by their length, as A.1.1 intends.
 */
import { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, Jpeg2000Error, malformed, placeOf } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { type Cap, readCap, readProfileWords } from './cap.ts';
import { type Cod, type ComponentCodingStyle, readCoc, readCod, writeCoc, writeCod } from './cod.ts';
import { type Comment, readCom } from './com.ts';
import { type ComponentRegistration, readCrg } from './crg.ts';
import * as M from './markers.ts';
import { type IndexedBytes, readIndexedBytes } from './plt.ts';
import { type ProgressionChange, readPoc, writePoc } from './poc.ts';
import { type Quantization, readQcc, readQcd, writeQcc, writeQcd } from './qcd.ts';
import { readRgn, writeRgn } from './rgn.ts';
import { readSiz, type Siz } from './siz.ts';
import { readTlm, type Tlm } from './tlm.ts';

/** Where a segment stands: its marker's offset, and the length of marker, length field and parameters together. */
export interface SegmentPlace {
  readonly marker: number;
  readonly offset: number;
  readonly length: number;
}

/** The segments of one header, sorted by kind. */
export interface HeaderSegments {
  siz?: Siz;
  cap?: Cap;
  /** Profile numbers (PRF) and corresponding profile (CPF), as stored. */
  prf?: readonly number[];
  cpf?: readonly number[];
  cod?: Cod;
  readonly coc: Map<number, ComponentCodingStyle>;
  qcd?: Quantization;
  readonly qcc: Map<number, Quantization>;
  /** Maxshift by component. */
  readonly rgn: Map<number, number>;
  readonly poc: ProgressionChange[];
  readonly tlm: Tlm[];
  readonly plm: IndexedBytes[];
  readonly plt: IndexedBytes[];
  readonly ppm: IndexedBytes[];
  readonly ppt: IndexedBytes[];
  crg?: readonly ComponentRegistration[];
  readonly com: Comment[];
  /** Every segment in order, known or not. */
  readonly places: SegmentPlace[];
}

/** Markers that one kind of header may hold only (Table A.2); COM, POC, COD, COC, QCD, QCC and RGN go in both. */
const MAIN_ONLY: readonly number[] = [M.SIZ, M.CAP, M.PRF, M.CPF, M.TLM, M.PLM, M.PPM, M.CRG];
const TILE_ONLY: readonly number[] = [M.PLT, M.PPT];

/** A header with nothing in it. */
export function emptySegments(): HeaderSegments {
  return {
    coc: new Map(),
    qcc: new Map(),
    rgn: new Map(),
    poc: [],
    tlm: [],
    plm: [],
    plt: [],
    ppm: [],
    ppt: [],
    com: [],
    places: [],
  };
}

/**
 * Reads segments from `position` until SOT or SOD (EOC too, for a main header with no tile after it).
 *
 * @returns the offset of the delimiter that ended the header, and which it was.
 */
export function* readSegments(
  window: ReadWindow,
  position: number,
  header: 'main' | 'tile',
  segments: HeaderSegments,
  numComponents: number,
  log: DiagnosticLog,
): Reading<{ end: number; marker: number }> {
  let components = numComponents;
  for (;;) {
    const head = yield* window.need(position, 4);
    if (head.length < 2) {
      if (header === 'main' && segments.siz && segments.cod && segments.qcd) {
        // cut off right after the main header: a picture without any tile
        log.add('out-of-bytes', 'the input ends with the main header', { offset: position, clause: '15444-1 A.3' });
        return { end: position, marker: M.EOC };
      }
      throw malformed('out-of-bytes', `the ${header} header has no end`, { offset: position, clause: '15444-1 A.3' });
    }
    const marker = (head[0] << 8) | head[1];
    if (marker === M.SOT || marker === M.SOD || marker === M.EOC) return { end: position, marker };
    if (head[0] !== 0xff) {
      throw malformed('marker-missing', `expected a marker, found 0x${marker.toString(16).padStart(4, '0')}`, {
        offset: position,
        clause: '15444-1 A.1.2',
      });
    }
    if (M.isDelimiter(marker)) {
      // A.1.2: 0xFF30 to 0xFF3F carry no length; a decoder skips them. Others have no business here.
      if (marker > 0xff3f) {
        throw malformed('marker-order', `${M.markerName(marker)} inside a ${header} header`, { offset: position });
      }
      segments.places.push({ marker, offset: position, length: 2 });
      position += 2;
      continue;
    }
    const length = head.length < 4 ? 0 : (head[2] << 8) | head[3];
    if (length < 2) {
      throw malformed('marker-length', `${M.markerName(marker)} has length ${length}`, {
        offset: position + 2,
        clause: '15444-1 A.1.1',
      });
    }
    const body = yield* window.need(position + 4, length - 2);
    if (body.length < length - 2) {
      throw malformed('out-of-bytes', `${M.markerName(marker)} ends after ${body.length} of ${length - 2} bytes`, {
        offset: position,
        clause: '15444-1 A.1.1',
      });
    }
    segments.places.push({ marker, offset: position, length: length + 2 });
    const misplaced = header === 'main' ? TILE_ONLY.includes(marker) : MAIN_ONLY.includes(marker);
    if (misplaced) {
      log.add('marker-order', `${M.markerName(marker)} in a ${header} header is ignored`, { offset: position });
    } else {
      readSegment(marker, new ByteReader(body, position + 4, '15444-1 A.1.1'), header, segments, components, log);
      components = segments.siz?.components.length ?? numComponents;
    }
    position += 2 + length;
  }
}

function readSegment(
  marker: number,
  r: ByteReader,
  header: 'main' | 'tile',
  into: HeaderSegments,
  numComponents: number,
  log: DiagnosticLog,
): void {
  const start = r.offset - 4;
  if (numComponents === 0 && marker !== M.SIZ) {
    throw malformed('marker-order', `${M.markerName(marker)} before SIZ`, { offset: start, clause: '15444-1 A.5.1' });
  }
  switch (marker) {
    case M.SIZ:
      if (into.siz) throw malformed('marker-duplicate', 'a second SIZ', { offset: start, clause: '15444-1 A.5.1' });
      into.siz = readSiz(r);
      return;
    case M.CAP:
      into.cap = readCap(r);
      return;
    case M.PRF:
      into.prf = readProfileWords(r);
      return;
    case M.CPF:
      into.cpf = readProfileWords(r);
      return;
    case M.COD:
      if (into.cod) log.add('marker-duplicate', 'a second COD; the last one counts', { offset: start });
      into.cod = readCod(r);
      return;
    case M.COC: {
      const coc = readCoc(r, numComponents);
      into.coc.set(coc.component, coc.style);
      return;
    }
    case M.QCD:
      if (into.qcd) log.add('marker-duplicate', 'a second QCD; the last one counts', { offset: start });
      into.qcd = readQcd(r);
      return;
    case M.QCC: {
      const qcc = readQcc(r, numComponents);
      into.qcc.set(qcc.component, qcc.quantization);
      return;
    }
    case M.RGN: {
      const rgn = readRgn(r, numComponents);
      into.rgn.set(rgn.component, rgn.shift);
      return;
    }
    case M.POC:
      into.poc.push(...readPoc(r, numComponents));
      return;
    case M.TLM:
      // an aid, not a need: a broken one is dropped
      tolerate(log, () => into.tlm.push(readTlm(r)));
      return;
    case M.PLM:
      into.plm.push(readIndexedBytes(r));
      return;
    case M.PLT:
      into.plt.push(readIndexedBytes(r));
      return;
    case M.PPM:
      into.ppm.push(readIndexedBytes(r));
      return;
    case M.PPT:
      into.ppt.push(readIndexedBytes(r));
      return;
    case M.CRG:
      into.crg = readCrg(r);
      return;
    case M.COM:
      if (r.remaining >= 2) into.com.push(readCom(r));
      return;
    default:
      // legal, so no error even where violations are
      log.note('marker-unknown', `${M.markerName(marker)} in the ${header} header was skipped`, {
        offset: start,
        clause: '15444-1 A.1.1',
      });
  }
}

function tolerate(log: DiagnosticLog, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    log.add(error.code, error.reason, placeOf(error));
  }
}

/** Writes the segments that say how samples are coded, in either kind of header: COD, COC, QCD, QCC, RGN and POC. */
export function writeCodingSegments(
  w: ByteWriter,
  segments: Pick<HeaderSegments, 'cod' | 'coc' | 'qcd' | 'qcc' | 'rgn' | 'poc'>,
  numComponents: number,
): void {
  if (segments.cod) writeCod(w, segments.cod);
  for (const [component, style] of segments.coc) writeCoc(w, { component, style }, numComponents);
  if (segments.qcd) writeQcd(w, segments.qcd);
  for (const [component, quantization] of segments.qcc) writeQcc(w, { component, quantization }, numComponents);
  for (const [component, shift] of segments.rgn) writeRgn(w, { component, shift }, numComponents);
  if (segments.poc.length > 0) writePoc(w, segments.poc, numComponents);
}
