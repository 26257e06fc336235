/** The options that say which part of a picture is wanted and how it is to look: those of `jp2kit decode` and `jp2kit fetch`. */
import type { DecodeOptions } from 'jp2kit';
import { readRect, readWhole, readWholes, readWord } from './argument-values.ts';

/** What `parseArgs` has to know of them. */
export const WINDOW_OPTIONS = {
  region: { type: 'string' },
  reduce: { type: 'string' },
  layers: { type: 'string' },
  components: { type: 'string' },
  colour: { type: 'string' },
} as const;

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
    ...(colour === undefined ? {} : { colour: readWord(colour, 'colour', ['native', 'file', 'srgb'] as const) }),
  };
}
