/** What a server engine needs of the platform and of the rest of the library: handed in, so that the engine names neither. */
import type { Executor } from '../../codec/executor.ts';
import type { BoxPlace } from '../../codec/fileformat/jp2-file.ts';
import type { JpxFile } from '../../codec/fileformat/jpx-file.ts';
import type { CodestreamSource } from '../../codec/packets/codestream-source.ts';
import type { AbortSignalLike, Bytes, RandomAccessSource } from '../../codec/source.ts';
import type { Rect } from '../../codec/rect.ts';

/** A window of a picture, to be made into a whole picture file. */
export interface RenderRequest {
  readonly file: JpxFile;
  readonly codestream: { readonly number: number; readonly source: CodestreamSource };
  /** The media type wanted. */
  readonly type: string;
  /** Reference-grid units from the top left corner of the image area. */
  readonly region: Rect;
  readonly reduce: number;
  readonly layers?: number;
  readonly components?: readonly number[];
  readonly signal?: AbortSignalLike;
}

/** Makes whole pictures of windows. */
export interface Renderer {
  /** Media types in order of preference. */
  readonly types: readonly string[];
  render(request: RenderRequest): Promise<Uint8Array>;
}

/** Clock, chance, pauses, and what only upper floors of the library can do. */
export interface EngineHost extends Executor {
  /** Waits. */
  delay(ms: number): Promise<void>;
  /** A new identifier that nobody can guess, of letters and digits. */
  randomId(): string;
  /** Lets a codestream use an index that is given, or else the index boxes of its file. */
  attachIndex(
    source: CodestreamSource,
    index: Bytes | RandomAccessSource | undefined,
    file: { readonly boxes: readonly BoxPlace[]; readonly offset: number },
  ): Promise<void>;
  /** Makes the index of a codestream. */
  makeIndex(source: CodestreamSource): Promise<Uint8Array>;
}
