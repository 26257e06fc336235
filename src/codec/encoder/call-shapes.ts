/**
 * What a call of the encoder must look like: every option, and the sink, as a table. TypeScript says the same to those who use
 * it. Here only kinds and names are checked, and numbers where nothing else decides; what has to fit together is checked by the plan.
 */
import { PROGRESSIONS } from '../codestream/cod.ts';
import { METADATA_SHAPE } from '../fileformat/jp2-spec.ts';
import { LIMITS_SHAPE } from '../limits.ts';
import {
  allOptional,
  ANYTHING,
  BOOLEAN,
  BYTES,
  checkFields,
  choicesOf,
  type Fields,
  FUNCTION,
  listOf,
  maybe,
  NUMBER,
  objectOf,
  oneOf,
  TEXT,
  thatIs,
  wholeFrom,
} from '../checks.ts';
import type { EncodeOptions } from './options.ts';
import { checkRates } from './rates.ts';

const SIZE = /* @__PURE__ */ objectOf({ width: NUMBER, height: NUMBER });
const POINT = /* @__PURE__ */ objectOf({ x: NUMBER, y: NUMBER });
const RECT = /* @__PURE__ */ objectOf({ x: NUMBER, y: NUMBER, width: NUMBER, height: NUMBER });

const FRAME_RATE = /* @__PURE__ */ thatIs('a number above 0', (value) => Number.isFinite(value) && Number(value) > 0);

const POOL = /* @__PURE__ */ thatIs(
  'a pool of workers',
  (value) => typeof (value as { encode?: unknown } | null)?.encode === 'function',
);

const COMMENT = /* @__PURE__ */ thatIs(
  'text or bytes',
  (value) => typeof value === 'string' || value instanceof Uint8Array,
);

const COLOUR = /* @__PURE__ */ objectOf({
  space: maybe(TEXT),
  parameters: maybe(BYTES),
  icc: maybe(BYTES),
  channels: maybe(listOf(objectOf({ kind: TEXT, association: NUMBER }))),
  palette: maybe(
    objectOf({
      columns: listOf(
        objectOf({
          precision: NUMBER,
          signed: maybe(BOOLEAN),
          entries: thatIs('a typed array', (value) => ArrayBuffer.isView(value) && !(value instanceof DataView)),
        }),
      ),
      mapping: maybe(listOf(objectOf({ component: NUMBER, column: maybe(NUMBER) }))),
    }),
  ),
});

const OPTIONS: Fields = /* @__PURE__ */ (() =>
  allOptional({
    container: oneOf(['codestream', 'jp2', 'jph']),
    coder: oneOf(['classic', 'ht']),
    rate: checkRates,
    layers: wholeFrom(1, 65535),
    wavelet: oneOf(['5/3', '9/7']),
    levels: wholeFrom(0, 32),
    progression: oneOf(PROGRESSIONS),
    progressionChanges: listOf(
      objectOf({
        resolutionStart: NUMBER,
        resolutionEnd: NUMBER,
        componentStart: NUMBER,
        componentEnd: NUMBER,
        layerEnd: NUMBER,
        progression: oneOf(PROGRESSIONS),
      }),
    ),
    tile: SIZE,
    origin: POINT,
    tileOrigin: POINT,
    codeBlock: SIZE,
    precincts: listOf(SIZE),
    codeBlockStyle: choicesOf({
      bypass: BOOLEAN,
      reset: BOOLEAN,
      terminate: BOOLEAN,
      causal: BOOLEAN,
      predictable: BOOLEAN,
      segmentation: BOOLEAN,
    }),
    mct: oneOf(['auto', 'none', 'rct', 'ict']),
    roi: choicesOf({ rects: listOf(RECT), mask: BYTES, components: listOf(wholeFrom(0, 16383)), shift: NUMBER }),
    guardBits: wholeFrom(0, 7),
    quantization: oneOf(['expounded', 'derived']),
    weights: oneOf(['none', 'visual']),
    tileParts: oneOf(['none', 'resolution', 'layer', 'component']),
    markers: choicesOf({
      tlm: BOOLEAN,
      plt: BOOLEAN,
      plm: BOOLEAN,
      ppm: BOOLEAN,
      ppt: BOOLEAN,
      sop: BOOLEAN,
      eph: BOOLEAN,
    }),
    registration: listOf(POINT),
    comments: listOf(COMMENT),
    profile: TEXT,
    frameRate: FRAME_RATE,
    colour: COLOUR,
    metadata: METADATA_SHAPE,
    verify: BOOLEAN,
    limits: LIMITS_SHAPE,
    signal: ANYTHING,
    pool: POOL,
    onProgress: FUNCTION,
  } satisfies Record<keyof EncodeOptions, unknown>))();

/** Checks the options of a call, each for itself. */
export function checkOptions(options: unknown): void {
  checkFields('options', '', options, OPTIONS);
}

const OUTPUTS: Fields = /* @__PURE__ */ (() => ({
  sink: objectOf({ write: FUNCTION, patch: maybe(FUNCTION), close: maybe(FUNCTION), abort: maybe(FUNCTION) }),
  spill: maybe(objectOf({ append: FUNCTION, read: FUNCTION, close: maybe(FUNCTION) })),
}))();

/** Checks the options that only an encoder of streams has. */
export function checkOutputs(options: unknown): void {
  checkFields('options', '', options, OUTPUTS);
}
