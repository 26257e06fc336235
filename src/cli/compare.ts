/** `jp2kit compare`: how far two pictures are apart, component by component and as a whole. */
import { readFile } from 'node:fs/promises';
import { type DecodeOptions, decode, Jpeg2000Error } from 'jp2kit';
import { readWord } from './argument-values.ts';
import type { Command } from './command.ts';
import { JSON_OPTION } from './common-options.ts';
import { CommandLineError, EXIT, type ExitCode, InputFileError, isSystemCode } from './exit.ts';
import { type Comparison, comparePictures } from './comparison.ts';
import { ALL_PICTURES } from './file-kinds.ts';
import { componentsOf, expandPalette, type InputComponent } from './formats/input-picture.ts';
import { parseRawDescription, type RawDescription } from './formats/read-raw.ts';
import type { Difference } from './metrics.ts';
import { type OptionTable, parseCall } from './options.ts';
import { kindOf, readPictureBytes } from './read-picture.ts';
import { print, say, toJson } from './terminal.ts';

const COLOURS = ['native', 'file', 'srgb'] as const;

const OPTIONS = {
  colour: {
    type: 'string',
    default: 'file',
    value: 'c',
    words: COLOURS,
    about: 'what of JPEG 2000 files: native, file (palette applied; the default) or srgb',
    aliases: ['color'],
  },
  raw: {
    type: 'string',
    value: '<kind>',
    about: 'the files that are no other picture are raw samples: WxHxC,bits,signed,little,interleaved',
  },
  'max-error': { type: 'string', value: 'n', about: 'end with 3 when any sample differs by more than n' },
  'min-psnr': { type: 'string', value: 'd', about: 'end with 3 when the PSNR over all is below d decibels' },
  json: {
    ...JSON_OPTION,
    about: 'everything as JSON; null stands for infinite decibels and for what does not exist',
  },
} as const satisfies OptionTable;

/** `jp2kit compare`. */
export const COMPARE: Command = {
  summary: 'say how far two pictures are apart',
  usage: ['<a> <b> [options]'],
  about: `Two pictures of one size, JPEG 2000 or PNG, TIFF, PNM, PAM, PGX: PSNR, mean squared, mean absolute and peak error, and
SSIM (Wang 2004: Gaussian window of 11 × 11, σ 1.5), for each component and over all. Over all, squared errors are
weighed by the ranges of their components, and SSIM is the mean.`,
  options: OPTIONS,
  exits: '0 ok, 1 wrong call, 2 bad input or pictures that cannot be compared, 3 further apart than asked',
  files: ALL_PICTURES,
  run: runCompare,
};

async function runCompare(args: string[]): Promise<ExitCode> {
  const { values, positionals: files } = parseCall(args, OPTIONS);
  if (files.length !== 2) throw new CommandLineError(`two pictures are compared, found ${files.length}`);
  const colour = readWord(values.colour, 'colour', COLOURS);
  const most = readLimit(values['max-error'], '--max-error');
  const least = readLimit(values['min-psnr'], '--min-psnr');
  const raw = values.raw === undefined ? undefined : parseRawDescription(values.raw);
  let result: Comparison;
  try {
    const [a, b] = [await load(files[0]!, colour, raw), await load(files[1]!, colour, raw)];
    result = comparePictures(a, b);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!(error instanceof InputFileError) && !isSystemCode(code)) throw error;
    if (values.json) print(toJson({ files, error: { message: (error as Error).message } }));
    else say(`jp2kit compare: ${(error as Error).message}`);
    return EXIT.badInput;
  }
  if (values.json) print(toJson({ files, ...result }));
  else print(describe(result).join('\n'));
  const apart = result.overall.peak > (most ?? Number.POSITIVE_INFINITY);
  return apart || result.overall.psnr < (least ?? Number.NEGATIVE_INFINITY) ? EXIT.apart : EXIT.ok;
}

async function load(
  file: string,
  colour: NonNullable<DecodeOptions['colour']>,
  raw: RawDescription | undefined,
): Promise<InputComponent[]> {
  const bytes = new Uint8Array(await readFile(file));
  const kind = kindOf(bytes);
  try {
    if (kind === 'jpeg2000') return [...(await decode(bytes, { colour, layout: 'planar' })).planes!];
    const input = await readPictureBytes(bytes, kind === 'unknown' && raw ? { raw } : {});
    return componentsOf((colour === 'native' ? input : expandPalette(input)).image);
  } catch (error) {
    // what the libraries for other formats throw is theirs to choose; of ours, anything else is a fault to be seen
    if (kind === 'jpeg2000' && !(error instanceof Jpeg2000Error)) throw error;
    throw new InputFileError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

function readLimit(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new CommandLineError(`${option} takes a number, found "${text}"`);
  return value;
}

function describe({ width, height, components, equal, overall: all }: Comparison): string[] {
  const row = (name: string, d: Difference) =>
    [
      name.padEnd(12),
      formatDecibels(d.psnr).padStart(9),
      formatNumber(d.mse).padStart(11),
      formatNumber(d.mae).padStart(11),
      formatNumber(d.peak).padStart(9),
      (d.ssim === undefined ? 'none' : d.ssim.toFixed(6)).padStart(10),
    ].join(' ');
  const head = ['', 'PSNR', 'MSE', 'MAE', 'peak', 'SSIM'];
  const widths = [12, 9, 11, 11, 9, 10];
  return [
    `${width} × ${height}, ${components.length} component${components.length > 1 ? 's' : ''}${equal ? ', equal' : ''}`,
    head.map((name, k) => (k === 0 ? name.padEnd(widths[k]) : name.padStart(widths[k]))).join(' '),
    ...components.map((d, c) => row(`component ${c}`, d)),
    ...(components.length > 1 ? [row('over all', all)] : []),
  ];
}

/** Decibels with two digits, or that there is nothing to measure. */
export function formatDecibels(psnr: number): string {
  return psnr === Number.POSITIVE_INFINITY ? 'infinite' : `${psnr.toFixed(2)} dB`;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(5);
}
