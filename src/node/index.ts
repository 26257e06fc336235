/**
 * What only Node has: files as random-access sources (`jp2kit/node`).
 *
 * @module node
 */
export type { ByteRange, RandomAccessSource } from '../codec/source.ts';
export { fileSource } from './file-source.ts';
