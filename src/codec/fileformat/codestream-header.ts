/**
 * What a JPX file says of one of its codestreams: the codestream header superbox (15444-2 M.11.6).
 *
 * The n-th of these boxes belongs to the n-th codestream of the file. What it does not say, the JP2 header says for all
 * codestreams.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import type { DiagnosticLog } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, tolerate, writeBox } from './box.ts';
import {
  type ComponentMapping,
  type Palette,
  readComponentMapping,
  readPalette,
  writeComponentMapping,
  writePalette,
} from './channel-boxes.ts';
import {
  type ImageHeaderBox,
  readBitsPerComponent,
  readImageHeader,
  type SampleFormat,
  writeBitsPerComponent,
  writeImageHeader,
} from './image-header.ts';
import type { Jp2Header } from './jp2-boxes.ts';
import { readLabel, writeLabel } from './label.ts';

/** The codestream header superbox, as far as it could be read; everything may be missing. */
export interface CodestreamHeader {
  /** LBL (15444-2 M.11.13). */
  readonly label: string | undefined;
  readonly imageHeader: ImageHeaderBox | undefined;
  readonly bitsPerComponent: readonly SampleFormat[] | undefined;
  readonly palette: Palette | undefined;
  readonly componentMapping: readonly ComponentMapping[] | undefined;
}

/** Codestream header (15444-2 M.11.6). A box in it that cannot be read is reported and left out. */
export function readCodestreamHeader(box: BoxContent, log: DiagnosticLog): CodestreamHeader {
  const found = firstOfEach(box, log);
  return {
    label: tolerate(log, found.get('lbl '), readLabel),
    imageHeader: tolerate(log, found.get('ihdr'), readImageHeader),
    bitsPerComponent: tolerate(log, found.get('bpcc'), readBitsPerComponent),
    palette: tolerate(log, found.get('pclr'), readPalette),
    componentMapping: tolerate(log, found.get('cmap'), readComponentMapping),
  };
}

/** A whole codestream header superbox. */
export function writeCodestreamHeader(w: ByteWriter, header: CodestreamHeader): void {
  writeBox(w, 'jpch', () => {
    if (header.label !== undefined) writeLabel(w, header.label);
    if (header.imageHeader) writeImageHeader(w, header.imageHeader);
    if (header.bitsPerComponent) writeBitsPerComponent(w, header.bitsPerComponent);
    if (header.palette) writePalette(w, header.palette);
    if (header.componentMapping) writeComponentMapping(w, header.componentMapping);
  });
}

/**
 * The JP2 header as it holds for one codestream: box by box, its own or the one for all. An image header of its own
 * brings its own depths, so the bits per component for all do not go with it.
 */
export function headerForCodestream(
  all: Jp2Header | undefined,
  own: CodestreamHeader | undefined,
): Jp2Header | undefined {
  if (!own) return all;
  return {
    imageHeader: own.imageHeader ?? all?.imageHeader,
    bitsPerComponent: own.bitsPerComponent ?? (own.imageHeader ? undefined : all?.bitsPerComponent),
    palette: own.palette ?? all?.palette,
    componentMapping: own.componentMapping ?? all?.componentMapping,
    colours: all?.colours ?? [],
    channelDefinitions: all?.channelDefinitions,
    captureResolution: all?.captureResolution,
    displayResolution: all?.displayResolution,
  };
}

/** The boxes inside a superbox by type; of several the first counts. */
export function firstOfEach(box: BoxContent, log: DiagnosticLog): Map<string, BoxContent> {
  const found = new Map<string, BoxContent>();
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    if (!found.has(inner.type)) {
      found.set(inner.type, inner);
    } else {
      const message = `a second '${inner.type}' in box '${box.type}' is ignored`;
      log.add('box-duplicate', message, { offset: inner.offset, clause: '15444-2 M.11' });
    }
  }
  return found;
}
