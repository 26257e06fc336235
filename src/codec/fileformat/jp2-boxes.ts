/**
 * The file type box and the JP2 header superbox (15444-1 I.5.2, I.5.3).
 *
 * The boxes inside the header have a file for each idea: `image-header`, `colour-specification`, `channel-boxes`,
 * `resolution`. A reading function there takes a box whose contents are in memory and returns what its fields say. It
 * throws where the contents are too short to have a meaning, and leaves anything that depends on other boxes or on the
 * codestream to its callers. The writing function beside it writes the whole box.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import type { DiagnosticLog } from '../errors.ts';
import { type BoxContent, boxesIn, fieldsOf, readType, tolerate, writeBox } from './box.ts';
import {
  type ChannelDefinition,
  type ComponentMapping,
  type Palette,
  readChannelDefinition,
  readComponentMapping,
  readPalette,
  writeChannelDefinition,
  writeComponentMapping,
  writePalette,
} from './channel-boxes.ts';
import { type ColourSpecification, readColourSpecification, writeColourSpecification } from './colour-specification.ts';
import {
  type ImageHeaderBox,
  readBitsPerComponent,
  readImageHeader,
  type SampleFormat,
  writeBitsPerComponent,
  writeImageHeader,
} from './image-header.ts';
import { readResolutionBoxes, type Resolutions, writeResolutionBoxes } from './resolution.ts';

/** The file type box (15444-1 I.5.2). */
export interface FileTypeBox {
  /** BR: the standard that describes the file best, `'jp2 '`, `'jpx '`, `'jph '`. */
  readonly brand: string;
  /** MinV. */
  readonly minorVersion: number;
  /** CL: every standard whose readers can read the file. */
  readonly compatible: readonly string[];
}

/** The JP2 header superbox (15444-1 I.5.3), as far as it could be read. */
export interface Jp2Header extends Resolutions {
  readonly imageHeader: ImageHeaderBox | undefined;
  /** The bits per component box, one entry a component. */
  readonly bitsPerComponent: readonly SampleFormat[] | undefined;
  /** All colour specification boxes, in file order. */
  readonly colours: readonly ColourSpecification[];
  readonly palette: Palette | undefined;
  readonly componentMapping: readonly ComponentMapping[] | undefined;
  readonly channelDefinitions: readonly ChannelDefinition[] | undefined;
}

/** File type (15444-1 I.5.2). */
export function readFileType(box: BoxContent): FileTypeBox {
  const fields = fieldsOf(box, '15444-1 I.5.2');
  const brand = readType(fields);
  const minorVersion = fields.u32();
  const compatible: string[] = [];
  while (fields.remaining >= 4 && compatible.length < MAX_COMPATIBLE) compatible.push(readType(fields));
  return { brand, minorVersion, compatible };
}

/** A whole file type box. */
export function writeFileType(w: ByteWriter, { brand, minorVersion, compatible }: FileTypeBox): void {
  writeBox(w, 'ftyp', () => {
    w.text(brand);
    w.u32(minorVersion);
    for (const name of compatible) w.text(name);
  });
}

/** No file has more friends than this; a longer list is somebody's attempt on our memory. */
const MAX_COMPATIBLE = 1024;

/**
 * JP2 header (15444-1 I.5.3). A box in it that cannot be read is reported and left out, since the codestream alone is
 * enough for a picture; of a box that may occur only once, the first counts.
 */
export function readJp2Header(content: Uint8Array, offset: number, log: DiagnosticLog): Jp2Header {
  const found = new Map<string, BoxContent>();
  const colours: ColourSpecification[] = [];
  let first = true;
  for (const box of boxesIn(content, offset, log)) {
    if (first && box.type !== 'ihdr') {
      log.add('box-order', `expected the image header box first, found '${box.type}'`, {
        offset: box.offset,
        clause: '15444-1 I.5.3',
      });
    }
    first = false;
    if (box.type === 'colr') {
      const colour = tolerate(log, box, readColourSpecification);
      if (colour && colours.length < MAX_COLOURS) colours.push(colour);
    } else if (HEADER_BOXES.has(box.type)) {
      if (!found.has(box.type)) found.set(box.type, box);
      else
        log.add('box-duplicate', `a second '${box.type}' in the JP2 header is ignored`, {
          offset: box.offset,
          clause: '15444-1 I.5.3',
        });
    }
  }
  for (const [type, clause] of [
    ['ihdr', '15444-1 I.5.3.1'],
    ['colr', '15444-1 I.5.3.3'],
  ]) {
    if (type === 'colr' ? colours.length === 0 : !found.has(type))
      log.add('box-missing', `the JP2 header has no usable '${type}' box`, { offset, clause });
  }
  const resolution = found.get('res ');
  return {
    imageHeader: tolerate(log, found.get('ihdr'), readImageHeader),
    bitsPerComponent: tolerate(log, found.get('bpcc'), readBitsPerComponent),
    colours,
    palette: tolerate(log, found.get('pclr'), readPalette),
    componentMapping: tolerate(log, found.get('cmap'), readComponentMapping),
    channelDefinitions: tolerate(log, found.get('cdef'), readChannelDefinition),
    ...(resolution ? readResolutionBoxes(resolution, log) : NO_RESOLUTION),
  };
}

const HEADER_BOXES: ReadonlySet<string> = new Set(['ihdr', 'bpcc', 'pclr', 'cmap', 'cdef', 'res ']);

/** One for each method is what the standard has in mind; a hundred thousand would only cost time. */
const MAX_COLOURS = 64;

const NO_RESOLUTION = { captureResolution: undefined, displayResolution: undefined };

/** A whole JP2 header superbox, its boxes in the order in which the standard describes them. */
export function writeJp2Header(w: ByteWriter, header: Jp2Header): void {
  writeBox(w, 'jp2h', () => {
    if (header.imageHeader) writeImageHeader(w, header.imageHeader);
    if (header.bitsPerComponent) writeBitsPerComponent(w, header.bitsPerComponent);
    for (const colour of header.colours) writeColourSpecification(w, colour);
    if (header.palette) writePalette(w, header.palette);
    if (header.componentMapping) writeComponentMapping(w, header.componentMapping);
    if (header.channelDefinitions) writeChannelDefinition(w, header.channelDefinitions);
    if (header.captureResolution || header.displayResolution) writeResolutionBoxes(w, header);
  });
}
