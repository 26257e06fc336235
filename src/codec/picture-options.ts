/** What can be asked of an open picture besides decoding: packet indexes. */
import type { Jp2File } from './fileformat/jp2-file.ts';
import type { Executor } from './executor.ts';
import type { Limits } from './limits.ts';
import type { CodestreamSource } from './packets/codestream-source.ts';
import type { LoadOptions } from './packets/precinct-source.ts';
import type { ByteSink } from './sink.ts';
import type { AbortSignalLike, Bytes, RandomAccessSource } from './source.ts';

/** What a build does with packet indexes. */
export interface Indexing {
  /** Lets a codestream use an index of it, or what stands for one in the file. */
  attach(
    source: CodestreamSource,
    index: Bytes | RandomAccessSource | undefined,
    limits: Limits,
    options: LoadOptions,
    file?: Pick<Jp2File, 'boxes' | 'codestream'>,
  ): Promise<void>;
  /** Makes the index of a codestream, in memory or to a sink. */
  make(source: CodestreamSource, options: IndexOptions, executor: Executor): Promise<Uint8Array>;
  write(source: CodestreamSource, sink: ByteSink, options: IndexOptions, executor: Executor): Promise<IndexSummary>;
}

/** How an index is made. */
export interface IndexOptions {
  /** What the file may cost. */
  readonly limits?: Partial<Limits>;
  /** True makes every tolerated violation in the headers an error. */
  readonly strict?: boolean;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /** Told after each tile, and now and then within a large one. */
  readonly onProgress?: (progress: IndexProgress) => void;
}

/** How far an index is. */
export interface IndexProgress {
  /** Tiles that are done, of all tiles. */
  readonly tiles: number;
  readonly totalTiles: number;
  /** Packets in the index so far. */
  readonly packets: number;
}

/** What an index holds. */
export interface IndexSummary {
  /** Bytes of the index. */
  readonly bytes: number;
  /** Tiles of the picture. */
  readonly tiles: number;
  /** Tiles that are not in the index, since they are missing or damaged; who opens the file searches through them as without one. */
  readonly tilesLeftOut: number;
  readonly packets: number;
}
