/**
 * From files to pictures for the encoder and for comparison. What a file is shows in its first bytes; only raw samples
 * have to be described.
 */
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { CommandLineError, InputFileError } from './exit.ts';
import { type InputPicture, joinInputs, plainInput } from './formats/input-picture.ts';
import { readPgx } from './formats/pgx.ts';
import { readPnm } from './formats/pnm.ts';
import { readPng } from './formats/read-png.ts';
import { type RawDescription, readRaw } from './formats/read-raw.ts';
import { readTiff } from './formats/read-tiff.ts';

/** How an input is to be read. */
export interface ReadOptions {
  /** Inputs are raw samples of this kind. */
  readonly raw?: RawDescription | undefined;
  /** Place of the image area, on which the sizes of subsampled components depend. */
  readonly origin?: { readonly x: number; readonly y: number } | undefined;
}

/** Kinds of files, by their first bytes. */
export type FileKind = 'png' | 'tiff' | 'pnm' | 'pgx' | 'jpeg2000' | 'unknown';

/** What a file is. */
export function kindOf(bytes: Uint8Array): FileKind {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (start === '\x89PNG\r\n\x1a\n') return 'png';
  if (/^(?:II[*+]\0|MM\0[*+])/.test(start)) return 'tiff';
  if (/^P[1-7]\s/.test(start)) return 'pnm';
  if (/^PG\s/.test(start)) return 'pgx';
  if (start.startsWith('\xff\x4f\xff\x51') || start === '\0\0\0\x0cjP  ') return 'jpeg2000';
  return 'unknown';
}

/** The files of one input: several, joined by commas, are the components of one picture. */
export function filesOf(input: string): string[] {
  return input.includes(',') && !existsSync(input) ? input.split(',').map((name) => name.trim()) : [input];
}

/** Reads an input, of one file or of several. */
export async function readInput(input: string, options: ReadOptions = {}): Promise<InputPicture> {
  const files = filesOf(input);
  const pictures: InputPicture[] = [];
  for (const file of files) pictures.push(await readPictureFile(file, options));
  const [first] = pictures;
  return pictures.length === 1 ? first : joinInputs(pictures, options.origin);
}

async function readPictureFile(file: string, options: ReadOptions): Promise<InputPicture> {
  const { buffer, byteOffset, length } = await readFile(file);
  const bytes = new Uint8Array(buffer, byteOffset, length);
  const { raw } = options;
  try {
    // the extension that opj_compress has for little-endian samples
    const littleEndian = raw && (raw.littleEndian || /\.rawl$/i.test(file));
    return await readPictureBytes(bytes, raw ? { raw: { ...raw, littleEndian: littleEndian === true } } : {});
  } catch (error) {
    throw new InputFileError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Reads the bytes of a file. */
export async function readPictureBytes(bytes: Uint8Array, { raw }: ReadOptions = {}): Promise<InputPicture> {
  if (raw) return readRaw(bytes, raw);
  switch (kindOf(bytes)) {
    case 'png':
      return readPng(bytes);
    case 'tiff':
      return readTiff(bytes);
    case 'pnm':
      return readPnmInput(bytes);
    case 'pgx':
      return plainInput(readPgx(bytes));
    case 'jpeg2000':
      throw new CommandLineError('the file is JPEG 2000 already; decode it first');
    default:
      throw new CommandLineError('no PNG, TIFF, PGM, PPM, PAM or PGX file; describe raw samples with --raw');
  }
}

/** Netpbm files say colour by their number of channels, PAM files of inks by the type of their tuples. */
function readPnmInput(bytes: Uint8Array): InputPicture {
  const picture = readPnm(bytes);
  return plainInput(picture, picture.cmyk ? { colour: { space: 'cmyk' } } : {});
}
