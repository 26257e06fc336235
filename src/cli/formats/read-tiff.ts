/**
 * Reading TIFF (TIFF 6.0, GeoTIFF 1.1, BigTIFF) through `geotiff`: strips and tiles, components together or apart, up
 * to 32 bits with or without sign, uncompressed or packed by LZW, Deflate, PackBits, JPEG, LERC or Zstandard.
 *
 * The first picture of a file is taken. Samples of floating point are refused, since JPEG 2000 has none.
 */
import { fromArrayBuffer, type GeoTIFFImage } from 'geotiff';
import type { RawComponent } from '../../codec/encoder/options.ts';
import type { ColourSpec, MetadataSpec, PaletteSpec } from '../../codec/fileformat/jp2-spec.ts';
import type { ChannelInfo, SampleArray } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';
import type { InputPicture } from './input-picture.ts';
import { type Entry, tiffOfTags } from './tiff.ts';

/** Tags by number, so that what the library calls them does not matter. */
const TAGS = {
  newSubfileType: 254,
  compression: 259,
  photometric: 262,
  orientation: 274,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  predictor: 317,
  colorMap: 320,
  tileByteCounts: 325,
  inkSet: 332,
  extraSamples: 338,
  yCbCrSubSampling: 530,
  xmp: 700,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  icc: 34675,
  geoKeyDirectory: 34735,
  geoDoubleParams: 34736,
  geoAsciiParams: 34737,
  rpcCoefficients: 50844,
} as const;

/** PhotometricInterpretation (TIFF 6.0 sections 8 and 16 to 23). */
const PHOTOMETRIC = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3, separated: 5, yCbCr: 6 } as const;

/** Compression 7: JPEG, whose chrominance the library brings to full size. */
const JPEG = 7;

/** Metres of a ResolutionUnit: inch and centimetre; 1 says only the ratio. */
const UNITS: Readonly<Record<number, number>> = { 2: 0.0254, 3: 0.01 };

/** SampleFormat (TIFF 6.0 section 19). */
const SIGNED = 2;

/** Predictor 2: differences to the sample before (TIFF 6.0 section 14). */
const HORIZONTAL = 2;

/** ExtraSamples (TIFF 6.0 section 18). */
const EXTRA: Readonly<Record<number, ChannelInfo['kind']>> = { 1: 'premultiplied-opacity', 2: 'opacity' };

/** Asoc of a channel that belongs to nothing (15444-1 Table I.17). */
const NO_ASSOCIATION = 65535;

/** Reads a TIFF file. */
export async function readTiff(bytes: Uint8Array): Promise<InputPicture> {
  const whole = bytes.byteOffset === 0 && bytes.length === bytes.buffer.byteLength;
  const file = await fromArrayBuffer((whole ? bytes : bytes.slice()).buffer as ArrayBuffer);
  // Long lists of strips are else read later, and then as little-endian in every file (geotiff 3.0.5).
  file.parser.eager = true;
  const image = await file.getImage(0);
  const notes: string[] = [];
  const tags = new Tags(image);
  const further = (await file.getImageCount()) - 1;
  if (further > 0) notes.push(`${further} further picture${further > 1 ? 's' : ''} of the TIFF file left out`);
  const orientation = await tags.number(TAGS.orientation, 1);
  if (orientation !== 1)
    notes.push(`TIFF orientation ${orientation} left out: rows and columns stay as they are stored`);
  const empty = Array.from((await tags.values(TAGS.tileByteCounts)) ?? (await tags.values(TAGS.stripByteCounts)) ?? []);
  if (empty.includes(0))
    notes.push('parts of the TIFF file are empty; they are filled as if they held nothing but zeros');
  const [width, height] = [image.getWidth(), image.getHeight()];
  if (![width, height, image.getSamplesPerPixel()].every((n) => Number.isInteger(n) && n >= 1)) {
    throw new CommandLineError('the TIFF file does not say how large its picture is');
  }
  const planes = await planesOf(image, tags);
  const { colour, inverted } = await colourOf(tags, planes, notes);
  if (inverted) for (const { data, precision } of planes.slice(0, 1)) invert(data, precision!);
  const metadata = await metadataOf(tags, notes);
  return {
    image: { width, height, planes },
    ...(Object.keys(colour).length > 0 ? { colour } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    notes,
  };
}

/** Tags of a picture, loaded when they are asked for. */
class Tags {
  private readonly image: GeoTIFFImage;

  constructor(image: GeoTIFFImage) {
    this.image = image;
  }

  async values(tag: number): Promise<ArrayLike<number> | undefined> {
    const directory = this.image.fileDirectory;
    if (!directory.hasTag(tag)) return undefined;
    const value: unknown = await directory.loadValue(tag);
    if (typeof value === 'number') return [value];
    if (typeof value === 'string') return Uint8Array.from(value, (c) => c.charCodeAt(0));
    return value as ArrayLike<number>;
  }

  async number(tag: number, missing: number): Promise<number> {
    return (await this.values(tag))?.[0] ?? missing;
  }

  async bytes(tag: number): Promise<Uint8Array | undefined> {
    const values = await this.values(tag);
    return values && Uint8Array.from(values);
  }
}

async function planesOf(image: GeoTIFFImage, tags: Tags): Promise<RawComponent[]> {
  const count = image.getSamplesPerPixel();
  const formats = Array.from({ length: count }, (_, k) => {
    const precision = image.getBitsPerSample(k);
    const format = image.getSampleFormat(k) ?? 1;
    if (format === 3) {
      throw new CommandLineError('the TIFF file has floating point samples, and JPEG 2000 holds whole numbers only');
    }
    if (format > 3) throw new CommandLineError('the TIFF file has complex or undefined samples, which are not read');
    if (!(precision >= 1 && precision <= 32)) {
      throw new CommandLineError(`the TIFF file has samples of ${precision} bits; 1 to 32 are read`);
    }
    return { precision, signed: format === SIGNED };
  });
  const differences = (await tags.number(TAGS.predictor, 1)) === HORIZONTAL;
  // The library adds up differences of 16 bits in the wrong byte order (geotiff 3.0.5), so they are added up here.
  if (differences) image.fileDirectory.actualizedFields.set(TAGS.predictor, 1);
  const rasters = (await image.readRasters({ interleave: false })) as unknown as SampleArray[];
  if (differences) {
    const wide = image.isTiled ? image.getTileWidth() : image.getWidth();
    for (const raster of rasters) addUpRows(raster, image.getWidth(), wide);
  }
  return formats.map((format, k) => ({ ...format, data: rasters[k], dx: 1, dy: 1 }));
}

/** Rows of differences to rows of samples, beginning anew with each tile; arrays of samples wrap as they have to. */
function addUpRows(data: SampleArray, width: number, tileWidth: number): void {
  for (let row = 0; row < data.length; row += width) {
    for (let x = 1; x < width; x++) if (x % tileWidth !== 0) data[row + x] += data[row + x - 1];
  }
}

/** What the samples mean, and whether they count from white. */
async function colourOf(
  tags: Tags,
  planes: readonly RawComponent[],
  notes: string[],
): Promise<{ colour: ColourSpec; inverted: boolean }> {
  const photometric = await tags.number(TAGS.photometric, PHOTOMETRIC.blackIsZero);
  const icc = await tags.bytes(TAGS.icc);
  const extra = Array.from((await tags.values(TAGS.extraSamples)) ?? []);
  const spaceAnd = (space: NonNullable<ColourSpec['space']>, colours: number): ColourSpec => {
    const channels = channelsOf(planes.length, colours, extra);
    const use = profileFor(icc, colours, notes);
    if (use) return { icc: use, ...(channels ? { channels } : {}) };
    // grey and RGB are what a number of channels means without a word
    const plain = space === 'grey' || space === 'srgb';
    return { ...(plain && !channels ? {} : { space }), ...(channels ? { channels } : {}) };
  };
  switch (photometric) {
    case PHOTOMETRIC.whiteIsZero:
    case PHOTOMETRIC.blackIsZero:
      return { colour: spaceAnd('grey', 1), inverted: photometric === PHOTOMETRIC.whiteIsZero };
    case PHOTOMETRIC.rgb:
      return { colour: spaceAnd('srgb', 3), inverted: false };
    case PHOTOMETRIC.palette:
      return { colour: { palette: paletteOf(await tags.values(TAGS.colorMap), planes) }, inverted: false };
    case PHOTOMETRIC.separated: {
      if (planes.length < 4 || (await tags.number(TAGS.inkSet, 1)) !== 1) break;
      return { colour: spaceAnd('cmyk', 4), inverted: false };
    }
    case PHOTOMETRIC.yCbCr: {
      const jpeg = (await tags.number(TAGS.compression, 1)) === JPEG;
      const subsampling = (await tags.values(TAGS.yCbCrSubSampling)) ?? [2, 2];
      if (!jpeg && subsampling[0] * subsampling[1] !== 1) break;
      return { colour: spaceAnd('sycc', 3), inverted: false };
    }
  }
  throw new CommandLineError(`TIFF files of photometric interpretation ${photometric} like this one are not read`);
}

/** Channel definitions where the file says what its further samples are. */
function channelsOf(count: number, colours: number, extra: readonly number[]): ChannelInfo[] | undefined {
  if (count <= colours) return undefined;
  let opacities = 0;
  return Array.from({ length: count }, (_, k): ChannelInfo => {
    if (k < colours) return { kind: 'colour', association: k + 1 };
    const kind = EXTRA[extra[k - colours] ?? 0];
    // a file has one opacity for the whole picture (15444-1 I.5.3.6); further ones mean what nobody can say
    if (kind && opacities++ === 0) return { kind, association: 0 };
    return { kind: 'unspecified', association: NO_ASSOCIATION };
  });
}

function profileFor(icc: Uint8Array | undefined, colours: number, notes: string[]): Uint8Array | undefined {
  if (!icc) return undefined;
  const space = String.fromCharCode(...icc.subarray(16, 20));
  const expected = colours === 1 ? 'GRAY' : colours === 3 ? 'RGB ' : 'CMYK';
  if (space === expected) return icc;
  notes.push(`the ICC profile is left out: it is for '${space.trim()}', the picture is ${expected.trim()}`);
  return undefined;
}

/** The three parts of a ColorMap, in 8 bits where its 16 hold no more (TIFF 6.0 section 5). */
function paletteOf(map: ArrayLike<number> | undefined, planes: readonly RawComponent[]): PaletteSpec {
  const count = map ? map.length / 3 : 0;
  if (!map || planes.length !== 1 || !Number.isInteger(count) || count < 1 || count > 1024) {
    throw new CommandLineError('the TIFF file has a palette that is not read: 1 to 1024 colours and one index are');
  }
  // writers turn 8 bits into 16 by doubling the byte, or by shifting it
  const values = Array.from(map);
  const doubled = values.every((value) => value % 257 === 0);
  const shifted = !doubled && values.every((value) => value % 256 === 0);
  const scale = doubled ? 257 : shifted ? 256 : 1;
  return {
    columns: [0, 1, 2].map((c) => {
      const entries = values.slice(c * count, (c + 1) * count).map((value) => value / scale);
      return scale === 1
        ? { precision: 16, entries: Uint16Array.from(entries) }
        : { precision: 8, entries: Uint8Array.from(entries) };
    }),
  };
}

function invert(data: SampleArray, precision: number): void {
  const top = 2 ** precision - 1;
  for (let i = 0; i < data.length; i++) data[i] = top - data[i];
}

async function metadataOf(tags: Tags, notes: string[]): Promise<MetadataSpec> {
  const unit = UNITS[await tags.number(TAGS.resolutionUnit, 2)];
  const [x, y] = [await rational(tags, TAGS.xResolution), await rational(tags, TAGS.yResolution)];
  const xmp = await tags.bytes(TAGS.xmp);
  const geotiff = await geoTags(tags, notes);
  return {
    ...(unit && x > 0 && y > 0 ? { resolution: { capture: { x: x / unit, y: y / unit } } } : {}),
    ...(xmp ? { xmp: new TextDecoder().decode(xmp) } : {}),
    ...(geotiff ? { geotiff } : {}),
  };
}

/** Numerator by denominator; 0 where there is none. */
async function rational(tags: Tags, tag: number): Promise<number> {
  const [numerator, denominator = 1] = Array.from((await tags.values(tag)) ?? [0]);
  const value = numerator / denominator;
  return Number.isFinite(value) ? value : 0;
}

/** The degenerate GeoTIFF of GeoJP2: the tags that say where the picture is, around a picture of one sample. */
async function geoTags(tags: Tags, notes: string[]): Promise<Uint8Array | undefined> {
  const keys = await tags.values(TAGS.geoKeyDirectory);
  if (await tags.values(TAGS.rpcCoefficients))
    notes.push('the rational polynomials (RPC) of the TIFF file are left out');
  if (!keys) return undefined;
  const entries: Entry[] = [{ tag: TAGS.geoKeyDirectory, type: 'SHORT', values: Array.from(keys) }];
  for (const tag of [TAGS.modelPixelScale, TAGS.modelTiepoint, TAGS.modelTransformation, TAGS.geoDoubleParams]) {
    const values = await tags.values(tag);
    if (values) entries.push({ tag, type: 'DOUBLE', values: Array.from(values) });
  }
  const ascii = await tags.bytes(TAGS.geoAsciiParams);
  if (ascii) {
    const ended = ascii.at(-1) === 0 ? ascii : Uint8Array.of(...ascii, 0);
    entries.push({ tag: TAGS.geoAsciiParams, type: 'ASCII', values: ended });
  }
  return tiffOfTags(entries);
}
