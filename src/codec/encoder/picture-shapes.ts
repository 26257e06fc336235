/**
 * What a picture must look like that is handed to the encoder, as tables; the samples themselves are looked at when they are read.
 */
import { ANYTHING, BOOLEAN, checkFields, type Fields, listOf, maybe, NUMBER, objectOf, oneOf } from '../checks.ts';
import type { RawImage } from './options.ts';

/** Precision, sign and sample distances, of a picture or of one component. */
const FORMAT = /* @__PURE__ */ (() => ({ precision: maybe(NUMBER), signed: maybe(BOOLEAN) }))();
const COMPONENT = /* @__PURE__ */ (() => objectOf({ ...FORMAT, dx: maybe(NUMBER), dy: maybe(NUMBER) }))();

const IMAGE: Fields = /* @__PURE__ */ (() =>
  ({
    ...FORMAT,
    width: NUMBER,
    height: NUMBER,
    channels: maybe(NUMBER),
    data: ANYTHING,
    layout: maybe(oneOf(['interleaved', 'planar'])),
    planes: maybe(listOf(COMPONENT)),
  }) satisfies Record<keyof RawImage, unknown>)();

/** Checks a picture, but for its samples. */
export function checkImage(image: unknown): void {
  checkFields('the picture', '', image, IMAGE);
}

const HEADER: Fields = /* @__PURE__ */ (() => ({
  ...FORMAT,
  width: NUMBER,
  height: NUMBER,
  channels: maybe(NUMBER),
  components: maybe(listOf(COMPONENT)),
}))();

/** Checks the header of a picture whose samples are still to come. */
export function checkHeader(header: unknown): void {
  checkFields('the header', '', header, HEADER);
}
