/** The high-throughput block coder as the encoder takes it (15444-15). */
import { HtLadderEncoder } from './ht-ladder.ts';

/** Makes code-blocks of high throughput (bit 6 of the style, 15444-15 Table A.4), all of them. */
export const htEncoder = {
  name: 'ht',
  handles: (style: number): boolean => (style & 0x40) !== 0,
  createEncoder: (): HtLadderEncoder => new HtLadderEncoder(),
};
