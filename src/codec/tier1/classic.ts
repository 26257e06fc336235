/** The classic (MQ) block coder as the decoder takes it (15444-1 Annexes C and D). */
import { ClassicBlockDecoder } from './block-decoder.ts';

/** Handles every code-block style that does not ask for high throughput (bits 6 and 7, 15444-15 Table A.4). */
export const classic = {
  name: 'classic',
  handles: (style: number): boolean => (style & 0xc0) === 0,
  createDecoder: (): ClassicBlockDecoder => new ClassicBlockDecoder(),
};
