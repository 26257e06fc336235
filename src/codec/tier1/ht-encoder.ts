/** The high-throughput block coder as the encoder takes it (15444-15). */
import { HtLadderEncoder } from './ht-ladder.ts';

/** Makes code-blocks of high throughput (bit 6 of the style, 15444-15 Table A.4), of a cleanup pass each. */
export const htEncoder = {
  name: 'ht',
  handles: (style: number, refinement = false): boolean => (style & 0x40) !== 0 && !refinement,
  createEncoder: (): HtLadderEncoder => new HtLadderEncoder(false),
};

/** The same, with refinement passes where they are worth their bytes. */
export const htRefiningEncoder = {
  name: 'ht-refining',
  handles: (style: number, refinement = false): boolean => (style & 0x40) !== 0 && refinement,
  createEncoder: (): HtLadderEncoder => new HtLadderEncoder(true),
};
