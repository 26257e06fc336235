/**
 * The boxes around a codestream (15444-1 Annex I): what `jp2-file` reads, written.
 *
 * Everything but the codestream comes before it, so that a reader of a stream knows colours and metadata when the
 * first packet arrives. The file is JP2 as long as a JP2 reader can understand it; colours that only JPX has make it a
 * JPX file, and GML makes it both (OGC 05-047r3 7.1 stores it in JPX's association boxes, which a JP2 reader skips).
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import { usage } from '../errors.ts';
import { writeBox } from './box.ts';
import { parseUuid, UUID_NAMES, type UuidName } from './box-names.ts';
import { type ColourPlan, type ComponentShape, planColour } from './colour-plan.ts';
import type { ColourSpec, MetadataSpec, PointsPerMetre } from './jp2-spec.ts';
import { writeFileType, writeJp2Header } from './jp2-boxes.ts';
import { writeGml, writeUuid, writeXml } from './metadata.ts';
import { FEATURES, type Requirement, writeReaderRequirements } from './reader-requirements.ts';
import { fractionOf, type ResolutionBox } from './resolution.ts';
import { encodeUtf8 } from './utf8.ts';

/** What the boxes repeat of the codestream's SIZ marker segment. */
export interface CanvasShape {
  readonly xsiz: number;
  readonly ysiz: number;
  readonly xosiz: number;
  readonly yosiz: number;
  readonly components: readonly ComponentShape[];
}

/** Bytes of a box header with LBox and TBox, and with XLBox. */
const SHORT_HEADER = 8;
const LONG_HEADER = 16;

/**
 * Everything before the contiguous codestream box: signature, file type, JP2 header and metadata. With `jph` the file is one for
 * high-throughput codestreams (15444-15 Annex D).
 *
 * @throws {Jpeg2000Error} `option-value` for colours that do not fit the components, and metadata that are none.
 */
export function writeJp2Head(
  canvas: CanvasShape,
  colour: ColourSpec | undefined,
  metadata: MetadataSpec = {},
  jph = false,
): Uint8Array {
  const { components } = canvas;
  const plan = planColour(components, colour);
  const [{ precision, signed }] = components;
  const alike = components.every((c) => c.precision === precision && c.signed === signed);
  const w = new ByteWriter();
  writeBox(w, 'jP  ', () => w.u32(0x0d0a870a)); // I.5.1
  writeBrand(w, plan, metadata.gml !== undefined, jph);
  writeJp2Header(w, {
    imageHeader: {
      height: canvas.ysiz - canvas.yosiz,
      width: canvas.xsiz - canvas.xosiz,
      numComponents: components.length,
      format: alike ? { precision, signed } : undefined,
      compressionType: 7, // JPEG 2000, the only one there is
      colourSpaceUnknown: plan.unknown,
      intellectualProperty: false,
    },
    bitsPerComponent: alike ? undefined : components,
    colours: [plan.specification],
    palette: plan.palette,
    componentMapping: plan.mapping,
    channelDefinitions: plan.definitions,
    captureResolution: resolutionOf(metadata.resolution?.capture, 'capture'),
    displayResolution: resolutionOf(metadata.resolution?.display, 'display'),
  });
  writeMetadata(w, metadata);
  return w.take();
}

/**
 * Header of the contiguous codestream box for `length` bytes of codestream, or for all bytes to the end of the file
 * (LBox 0). With `wide` it has an XLBox, 16 bytes whatever the length, so that a length can be filled in afterwards;
 * without, only a codestream of almost 4 GB or more gets one. A box to the end of the file has no XLBox.
 */
export function writeCodestreamBoxHeader(length: number | undefined, wide = false): Uint8Array {
  const w = new ByteWriter(LONG_HEADER);
  const long = length !== undefined && (wide || length + SHORT_HEADER >= 2 ** 32);
  w.u32(long ? 1 : length === undefined ? 0 : length + SHORT_HEADER);
  w.text('jp2c');
  if (long) w.u64(length + LONG_HEADER);
  return w.take();
}

/** File type box and, in a file that JPX readers are meant to read, what they have to know. */
function writeBrand(w: ByteWriter, plan: ColourPlan, gml: boolean, jph: boolean): void {
  const jpx = plan.jpxFeatures.length > 0;
  if (jph) {
    // JPH has all colours of JPX by itself (15444-15 D.4)
    writeFileType(w, { brand: 'jph ', minorVersion: 0, compatible: gml ? ['jph ', 'jpx '] : ['jph '] });
    return;
  }
  const compatible = jpx ? ['jpx '] : gml ? ['jp2 ', 'jpx '] : ['jp2 '];
  writeFileType(w, { brand: jpx ? 'jpx ' : 'jp2 ', minorVersion: 0, compatible });
  if (!jpx && !gml) return;
  const toDisplay = [FEATURES.part1Codestream, ...plan.jpxFeatures, ...plan.opacityFeatures];
  const requirements: Requirement[] = toDisplay.map((feature) => ({ feature, toDisplay: true }));
  if (gml) requirements.push({ feature: FEATURES.gisMetadata, toDisplay: false });
  writeReaderRequirements(w, requirements);
}

/** The metadata boxes of a file. */
export function writeMetadata(w: ByteWriter, metadata: MetadataSpec): void {
  for (const xml of metadata.xml ?? []) writeXml(w, text(xml, 'metadata.xml'));
  if (metadata.xmp !== undefined) writeUuid(w, uuidNamed('xmp'), encodeUtf8(text(metadata.xmp, 'metadata.xmp')));
  if (metadata.geotiff !== undefined) {
    const { geotiff } = metadata;
    if (!isTiff(geotiff)) throw usage('option-value', 'expected a TIFF file in metadata.geotiff, found something else');
    writeUuid(w, uuidNamed('geotiff'), geotiff);
  }
  if (metadata.gml !== undefined) writeGml(w, text(metadata.gml, 'metadata.gml'));
  for (const { id, data } of metadata.uuid ?? []) {
    const bytes = typeof id === 'string' ? parseUuid(id) : undefined;
    if (!bytes) throw usage('option-value', `expected a UUID of 32 hexadecimal digits, found '${id}'`);
    if (!(data instanceof Uint8Array)) throw usage('option-value', `expected bytes for the UUID box '${id}'`);
    writeUuid(w, bytes, data);
  }
}

/** The id of a well-known UUID box. */
function uuidNamed(name: UuidName): Uint8Array {
  const [id] = Object.entries(UUID_NAMES).find(([, known]) => known === name)!;
  return parseUuid(id)!;
}

/** A TIFF file of either byte order, classic or big, by its first four bytes. */
function isTiff(bytes: Uint8Array): boolean {
  if (!(bytes instanceof Uint8Array)) return false;
  const [a, b, c, d] = bytes;
  const little = a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0;
  return little || (a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43));
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw usage('option-value', `expected a string in ${name}, found ${typeof value}`);
  return value;
}

function resolutionOf(points: PointsPerMetre | undefined, name: string): ResolutionBox | undefined {
  if (points === undefined) return undefined;
  for (const value of [points.x, points.y]) {
    if (!isWritable(value)) {
      throw usage('option-value', `expected a ${name} resolution above zero in points a metre, found ${value}`);
    }
  }
  return { vertical: points.y, horizontal: points.x };
}

/** Whether a fraction of 16 bits and a power of ten comes within 2^-15 of a number: all but the absurd. */
function isWritable(value: number): boolean {
  if (!(Number.isFinite(value) && value > 0)) return false;
  const { numerator, denominator, exponent } = fractionOf(value);
  return Math.abs((numerator / denominator) * 10 ** exponent - value) <= value * 2 ** -15;
}
