/**
 * Where another decoder is known to be wrong. A case listed here is decoded by it all the same; only a difference is then not held
 * against the encoder, as long as the other decoder, or the original of a lossless picture, agrees with us.
 */
import type { EncoderCase } from './cases.ts';

/** The other decoders. */
export type Oracle = 'opj_decompress' | 'grk_decompress' | 'ojph_expand';

/** What a codestream is found to hold. */
export interface Facts {
  /** A component transform is used. */
  readonly mct: boolean;
  /** Some tile-part has nothing after its SOD. */
  readonly emptyTilePart: boolean;
  /** Some tile-component has samples, but its lowest resolution has none. */
  readonly emptyLowest: boolean;
  /** Some tile has no sample of some component. */
  readonly emptyTileComponent: boolean;
  /** Some tile-component has a resolution level that adds no sample to the one below it. */
  readonly emptyLevel: boolean;
  /** Largest exponent of an irreversible quantiser step (15444-1 A-31), about the bits of the largest magnitude; 0 for reversible coding. */
  readonly exponent: number;
  /** Quality layers. */
  readonly layers: number;
  /** Components differ in size, depth or sign. */
  readonly mixed: boolean;
}

/** One reason not to believe one decoder. */
export interface Exclusion {
  readonly oracle: Oracle;
  /** What goes wrong there, and how it is known. */
  readonly reason: string;
  readonly when: (item: EncoderCase, facts: Facts) => boolean;
}

export const EXCLUSIONS: readonly Exclusion[] = [
  {
    oracle: 'opj_decompress',
    reason: 'fails on a tile-part without data (Psot 14): a tile that holds no sample',
    when: (_, { emptyTilePart }) => emptyTilePart,
  },
  {
    oracle: 'grk_decompress',
    reason: 'fails on a tile-part without data (Psot 14): a tile that holds no sample',
    when: (_, { emptyTilePart }) => emptyTilePart,
  },
  {
    oracle: 'opj_decompress',
    reason: 'fails with 31 decomposition levels and more, whatever else is asked for',
    when: ({ options }) => (options.levels ?? 0) >= 31,
  },
  {
    oracle: 'grk_decompress',
    reason: 'reads at most 16 bits a sample',
    when: ({ picture }) => picture.components.some((c) => c.precision > 16),
  },
  {
    oracle: 'grk_decompress',
    reason: 'writes PGX and raw samples only of components that are alike',
    when: (_, { mixed }) => mixed,
  },
  {
    oracle: 'opj_decompress',
    reason: 'gives up on a tile-component whose lowest resolution level is empty, after decoding it',
    when: (_, { emptyLowest }) => emptyLowest,
  },
  {
    oracle: 'grk_decompress',
    reason: 'gets single rows or columns of a tile wrong whose lowest resolution level is empty',
    when: (_, { emptyLowest }) => emptyLowest,
  },
  {
    oracle: 'grk_decompress',
    reason: 'wraps samples around that a component transform brings beyond their range',
    when: (_, { mct }) => mct,
  },
  {
    oracle: 'opj_decompress',
    reason:
      'takes background for region when the shift is M_b, and with bypass starts raw coding at the wrong bit-plane',
    when: ({ options }) => options.roi !== undefined,
  },
  {
    oracle: 'grk_decompress',
    reason: 'does not undo the shift of a region of interest as it should',
    when: ({ options }) => options.roi !== undefined,
  },
  {
    oracle: 'grk_decompress',
    reason: 'loses its place in PPM',
    when: ({ options }) => options.markers?.ppm === true,
  },
  {
    oracle: 'grk_decompress',
    reason: 'loses its place in PPT',
    when: ({ options }) => options.markers?.ppt === true,
  },
  {
    oracle: 'grk_decompress',
    reason: 'loses packets after a change of progression',
    when: ({ options }) => options.progressionChanges !== undefined,
  },
  {
    oracle: 'opj_decompress',
    reason:
      'reads the CEpoc of 0 that stands for all of 256 components (15444-1 Table A.32) as none; 255 and 257 components come back whole',
    when: ({ picture, options }) => options.progressionChanges !== undefined && picture.components.length === 256,
  },
  {
    oracle: 'grk_decompress',
    reason: 'refuses the header when a CEpoc of 0 stands for all of 256 components (15444-1 Table A.32)',
    when: ({ picture, options }) => options.progressionChanges !== undefined && picture.components.length === 256,
  },
  {
    oracle: 'grk_decompress',
    reason: 'gets samples wrong where tiles do not begin at the origin of the reference grid, in files of OpenJPEG too',
    when: ({ options }) => options.tile !== undefined && options.origin !== undefined,
  },
  {
    oracle: 'grk_decompress',
    reason:
      'reads cleanup passes of high-throughput code-blocks only ("Error in HT block coder"), those of the conformance suite, too',
    when: ({ options }) => options.htRefinement === true,
  },
  {
    oracle: 'grk_decompress',
    reason: 'refuses high-throughput code-blocks with vertically causal contexts',
    when: ({ options }) => options.coder === 'ht' && options.codeBlockStyle?.causal === true,
  },
  {
    oracle: 'grk_decompress',
    reason: 'loses the scale of reversible high-throughput code-blocks that do not go down to bit-plane 0',
    when: ({ options }) => options.coder === 'ht' && options.wavelet === '5/3',
  },
  {
    oracle: 'opj_decompress',
    reason: 'fails where a tile has no sample of a component',
    when: (_, { emptyTileComponent }) => emptyTileComponent,
  },
  {
    oracle: 'opj_decompress',
    reason:
      'counts refinement passes that come in a later layer than their cleanup pass as another cleanup pass, and loses its place',
    when: ({ options }, { layers }) => options.htRefinement === true && layers > 1,
  },
  {
    oracle: 'ojph_expand',
    reason: 'writes one component or three, and transformed ones only as three alike',
    when: ({ picture }, { mct, mixed }) => ![1, 3].includes(picture.components.length) || (mct && mixed),
  },
  {
    oracle: 'ojph_expand',
    reason: 'writes signed samples as unsigned ones, and components of one depth only',
    when: ({ picture }) => {
      const [first] = picture.components;
      return picture.components.some((c) => c.signed || c.precision !== first!.precision);
    },
  },
  {
    oracle: 'ojph_expand',
    reason: 'refuses derived quantisation',
    when: ({ options }) => options.quantization === 'derived' && !isReversible(options),
  },
  {
    oracle: 'ojph_expand',
    reason: 'reads one layer only',
    when: (_, { layers }) => layers > 1,
  },
  {
    oracle: 'ojph_expand',
    reason: 'knows no region of interest',
    when: ({ options }) => options.roi !== undefined,
  },
  {
    oracle: 'ojph_expand',
    reason: 'knows no packed packet headers',
    when: ({ options }) => options.markers?.ppm === true || options.markers?.ppt === true,
  },
  {
    oracle: 'ojph_expand',
    reason: 'knows no changes of progression',
    when: ({ options }) => options.progressionChanges !== undefined,
  },
  {
    oracle: 'ojph_expand',
    reason:
      'refuses some high-throughput code-blocks of 22 bits and more: a single sample in a quad below larger ones (3 x 3 of one value)',
    when: (_, { exponent }) => exponent >= 21,
  },
  {
    oracle: 'grk_decompress',
    reason: 'refuses the same high-throughput code-blocks of 22 bits and more as OpenJPH, and all of 26',
    when: ({ options }, { exponent }) => options.coder === 'ht' && exponent >= 21,
  },
  {
    oracle: 'ojph_expand',
    reason: 'loses its place where precincts are one sample wide or high',
    when: ({ options }) => options.precincts?.some(({ width, height }) => width === 1 || height === 1) === true,
  },
  {
    oracle: 'ojph_expand',
    reason: 'gets pictures wrong, its own as well, where a resolution level of a tile-component adds no sample',
    when: (_, { emptyLevel }) => emptyLevel,
  },
];

function isReversible({ rate, wavelet }: EncoderCase['options']): boolean {
  const last = Array.isArray(rate) ? rate[rate.length - 1] : rate;
  return wavelet === '5/3' || last === undefined || 'lossless' in last;
}

/** Refusals of the encoder that a generated case may meet: they are right, and the case is drawn anew. */
export const REFUSALS: readonly { readonly code: string; readonly message: RegExp }[] = [
  { code: 'rate-value', message: /bytes are too few/ },
  { code: 'rate-value', message: /sizes of layers must grow/ },
  { code: 'rate-value', message: /a quantiser step of .* is beyond what QCD can say/ },
  { code: 'option-value', message: /quantization derived with levels \d+ has steps too fine for QCD/ },
  { code: 'option-value', message: /bit-planes would be needed, 30 are carried/ },
  { code: 'option-value', message: /roi\.shift must be a whole number from/ },
  { code: 'option-value', message: /guard bits are too few for the 9\/7 filter/ },
  { code: 'option-value', message: /a tile would need .* tile-parts/ },
];
