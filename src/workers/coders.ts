/** The block coders that workers know, by name; the ones that a batch may ask for. */
import type { BlockCoder, EncodingCoder } from '../codec/index.ts';
import { classic } from '../codec/tier1/classic.ts';
import { classicEncoder } from '../codec/tier1/classic-encoder.ts';
import { ht } from '../codec/tier1/ht.ts';
import { htEncoder } from '../codec/tier1/ht-encoder.ts';

/** Coders that decode. */
export const DECODERS: readonly BlockCoder[] = [classic, ht];

/** Coders that encode. */
export const ENCODERS: readonly EncodingCoder[] = [classicEncoder, htEncoder];
