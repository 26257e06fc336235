/** The options that say which part of a picture is wanted and how it is to look: those of `jp2kit decode`, `fetch` and `benchmark`. */
import type { DecodeOptions } from 'jp2kit';
import { readRect, readWhole, readWholes, readWord } from './argument-values.ts';
import type { OptionTable } from './options.ts';

const COLOURS = ['native', 'file', 'srgb'] as const;

/** A part of a picture. */
export const WINDOW_OPTIONS = {
  region: { type: 'string', value: 'x,y,w,h', about: 'only this part, in pixels of the full picture' },
  reduce: { type: 'string', value: 'n', about: 'leave out n resolution levels: 2^n times smaller' },
  layers: { type: 'string', value: 'n', about: 'only the first n quality layers' },
  components: { type: 'string', value: 'a,b', about: 'only these components, as stored' },
  colour: {
    type: 'string',
    value: 'c',
    words: COLOURS,
    about:
      'what samples are; native: components as stored; file: channels of the file; srgb: rendered to 8-bit sRGB (default: srgb where the format can hold no other colour space, else file; native for pgx and raw)',
    aliases: ['color'],
  },
} as const satisfies OptionTable;

/** A window, and how it is to look. */
export type Wish = Pick<DecodeOptions, 'region' | 'reduce' | 'layers' | 'components' | 'colour'>;

/** The wish in the values of the options; what nobody asked for is left out. */
export function readWish(values: { readonly [K in keyof typeof WINDOW_OPTIONS]?: string | undefined }): Wish {
  const { region, reduce, layers, components, colour } = values;
  return {
    ...(region === undefined ? {} : { region: readRect(region, 'region') }),
    ...(reduce === undefined ? {} : { reduce: readWhole(reduce, 'reduce') }),
    ...(layers === undefined ? {} : { layers: readWhole(layers, 'layers') }),
    ...(components === undefined ? {} : { components: readWholes(components, 'components') }),
    ...(colour === undefined ? {} : { colour: readWord(colour, 'colour', COLOURS) }),
  };
}
