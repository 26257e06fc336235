/** The main header: SOC, SIZ and everything up to the first tile-part (15444-1 A.3). */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed, overLimit } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { writeCap, writeProfileWords } from './cap.ts';
import type { Cod } from './cod.ts';
import { writeCom } from './com.ts';
import { writeCrg } from './crg.ts';
import { emptySegments, type HeaderSegments, readSegments, writeCodingSegments } from './header-segments.ts';
import * as M from './markers.ts';
import type { Quantization } from './qcd.ts';
import { numXTiles, numYTiles, type Siz, writeSiz } from './siz.ts';

/** What the main header says. */
export interface MainHeader {
  readonly siz: Siz;
  readonly cod: Cod;
  readonly qcd: Quantization;
  /** All segments, including the three above. */
  readonly segments: HeaderSegments;
  /** Offset of SOC. */
  readonly offset: number;
  /** Offset of the first SOT: the main header is `offset .. end`. */
  readonly end: number;
}

/** Reads the main header that begins at `offset`. */
export function* readMainHeader(
  window: ReadWindow,
  offset: number,
  limits: Limits,
  log: DiagnosticLog,
): Reading<MainHeader> {
  const head = yield* window.need(offset, 4);
  if (head.length < 2 || ((head[0] << 8) | head[1]) !== M.SOC) {
    throw malformed('not-jpeg2000', 'expected SOC (0xFF4F)', { offset, clause: '15444-1 A.4.1' });
  }
  if (head.length < 4 || ((head[2] << 8) | head[3]) !== M.SIZ) {
    throw malformed('marker-order', 'expected SIZ right after SOC', { offset: offset + 2, clause: '15444-1 A.5.1' });
  }
  const segments = emptySegments();
  const { end, marker } = yield* readSegments(window, offset + 2, 'main', segments, 0, log);
  const { siz, cod, qcd } = segments;
  if (siz === undefined || cod === undefined || qcd === undefined) {
    const missing = siz === undefined ? 'SIZ' : cod === undefined ? 'COD' : 'QCD';
    throw malformed('marker-missing', `the main header has no ${missing}`, { offset: end, clause: '15444-1 A.3' });
  }
  if (marker === M.SOD) {
    throw malformed('marker-order', 'SOD in the main header', { offset: end, clause: '15444-1 A.4.3' });
  }
  const tiles = numXTiles(siz) * numYTiles(siz);
  if (tiles > 65535) {
    throw malformed('siz-value', `${tiles} tiles, more than 65535`, { offset: offset + 4, clause: '15444-1 A.5.1' });
  }
  if (tiles > limits.tiles) throw overLimit('limit-tiles', `${tiles} tiles, the limit is ${limits.tiles}`);
  if (siz.components.length > limits.components) {
    const found = siz.components.length;
    throw overLimit('limit-components', `${found} components, the limit is ${limits.components}`);
  }
  return { siz, cod, qcd, segments, offset, end };
}

/**
 * Writes SOC and everything that describes the picture: all but TLM, PLM and PPM, which belong to the arrangement of the
 * codestream. SIZ, COD and QCD are the fields of `main`; the other segments are those of `main.segments`.
 */
export function writeMainSegments(w: ByteWriter, main: MainHeader): void {
  const { siz, cod, qcd, segments } = main;
  w.u16(M.SOC);
  writeSiz(w, siz);
  if (segments.cap) writeCap(w, segments.cap);
  if (segments.prf) writeProfileWords(w, M.PRF, segments.prf);
  if (segments.cpf) writeProfileWords(w, M.CPF, segments.cpf);
  writeCodingSegments(w, { ...segments, cod, qcd }, siz.components.length);
  if (segments.crg) writeCrg(w, segments.crg);
  for (const comment of segments.com) writeCom(w, comment);
}
