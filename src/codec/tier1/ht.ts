/** The high-throughput block coder as the decoder takes it (15444-15). */
import { HtBlockDecoder } from './ht-block-decoder.ts';

/** Handles code-blocks of high throughput (bit 6 of the style, 15444-15 Table A.4). Among classic ones, those have a style of their own. */
export const ht = {
  name: 'ht',
  handles: (style: number): boolean => (style & 0x40) !== 0,
  createDecoder: (): HtBlockDecoder => new HtBlockDecoder(),
};
