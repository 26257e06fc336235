/**
 * As much of an ICC profile as a colour specification box depends on: how long it is, how many colours it has, and
 * whether it is of the kinds that JP2 allows (ICC.1:2010 7.2, 7.3; 15444-1 Table I.9).
 */

/** Bytes of the profile header, and of the tag count behind it. */
const HEADER_LENGTH = 128;
const COUNT_LENGTH = 4;

/** Tags of a profile made of three curves and a matrix, and of a monochrome one (ICC.1:2010 8.3.3, 8.3.4). */
const MATRIX_TAGS = ['rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC'];
const GREY_TAGS = ['kTRC'];

/** Classes that say what colours of a device are: scanner, monitor, printer, colour space. */
const DEVICE_CLASSES = ['scnr', 'mntr', 'prtr', 'spac'];

/** What a box has to know of a profile. */
export interface IccHeader {
  /** The size that the profile states. */
  readonly length: number;
  /** Colours of the data colour space; `undefined` for one that is not known. */
  readonly numColours: number | undefined;
  /** Input, display or output device, or a colour space; other classes say nothing about a picture's samples. */
  readonly describesDevice: boolean;
  /** A monochrome or matrix-based profile of an input or display device that connects through XYZ. */
  readonly restricted: boolean;
}

/** Reads it; `undefined` for bytes that are no profile. */
export function readIccHeader(profile: Uint8Array): IccHeader | undefined {
  if (profile.length < HEADER_LENGTH + COUNT_LENGTH || textAt(profile, 36) !== 'acsp') return undefined;
  const view = new DataView(profile.buffer, profile.byteOffset, profile.length);
  const length = view.getUint32(0);
  if (length < HEADER_LENGTH + COUNT_LENGTH || length > profile.length) return undefined;
  const [profileClass, space, pcs] = [textAt(profile, 12), textAt(profile, 16), textAt(profile, 20)];
  const tags = new Set<string>();
  const count = Math.min(view.getUint32(HEADER_LENGTH), Math.floor((length - HEADER_LENGTH - COUNT_LENGTH) / 12));
  for (let k = 0; k < count; k++) tags.add(textAt(profile, HEADER_LENGTH + COUNT_LENGTH + 12 * k));
  const needed = space === 'GRAY' ? GREY_TAGS : space === 'RGB ' ? MATRIX_TAGS : undefined;
  const simple = needed?.every((tag) => tags.has(tag)) === true && pcs === 'XYZ ';
  return {
    length,
    numColours: iccNumColours(space),
    describesDevice: DEVICE_CLASSES.includes(profileClass),
    restricted: simple && (profileClass === 'scnr' || profileClass === 'mntr'),
  };
}

/** Colours of a data colour space by its signature (ICC.1:2010 Table 19). */
export function iccNumColours(signature: string): number | undefined {
  if (signature === 'GRAY') return 1;
  if (signature === 'CMYK') return 4;
  if (THREE_COLOURS.has(signature)) return 3;
  const digits = /^([2-9A-F])CLR$/.exec(signature);
  return digits ? Number.parseInt(digits[1], 16) : undefined;
}

const THREE_COLOURS: ReadonlySet<string> = new Set([
  'XYZ ',
  'Lab ',
  'Luv ',
  'YCbr',
  'Yxy ',
  'RGB ',
  'HSV ',
  'HLS ',
  'CMY ',
]);

/** Four characters. */
function textAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
