/** The classic (MQ) block coder as the encoder takes it (15444-1 Annexes C and D). */
import { ClassicBlockEncoder } from './block-encoder.ts';

/** Handles every code-block style that does not ask for high throughput (bits 6 and 7, 15444-15 Table A.4). */
export const classicEncoder = {
  name: 'classic',
  handles: (style: number): boolean => (style & 0xc0) === 0,
  createEncoder: (): ClassicBlockEncoder => new ClassicBlockEncoder(),
};
