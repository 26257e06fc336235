/**
 * Profiles: sets of rules that a codestream has to keep for some use, as data.
 */
import type { EncodeOptions } from './options.ts';
import type { PictureFormat } from './samples.ts';

/** What a profile makes of a call. */
export interface ResolvedProfile {
  readonly options: EncodeOptions;
  /** Rsiz (Table A.10). */
  readonly rsiz: number;
  readonly maxComponentBytes: number | undefined;
}

/** Fills in what a profile prescribes, and refuses what it forbids. */
export function resolveProfile(_format: PictureFormat, options: EncodeOptions): ResolvedProfile {
  return { options, rsiz: 0, maxComponentBytes: undefined };
}
