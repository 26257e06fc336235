/** How remote pictures are opened, decoded and viewed: options and what comes back. */
import type { DecodeOptions } from '../codec/decoder/options.ts';
import type { RasterImage } from '../codec/image.ts';
import type { Limits } from '../codec/limits.ts';
import type { Codec } from '../codec/picture.ts';
import type { AbortSignalLike } from '../codec/source.ts';
import type { DataBinStore } from './bins/bin-store.ts';
import type { ClientHost } from './client/connection.ts';
import type { JpipDiagnostic } from './errors.ts';
import type { JpipClientLimits } from './limits.ts';
import type { FetchLike } from './transport/client-http.ts';

/** Something that happened between a client and its server. */
export type JpipClientEvent =
  | {
      /** A response has ended. */
      readonly type: 'response';
      readonly bytes: number;
      readonly ms: number;
    }
  | {
      /** Something was wrong and could be lived with. */
      readonly type: 'diagnostic';
      readonly diagnostic: JpipDiagnostic;
    }
  | {
      /** The server cannot be reached; from now on everything comes from the cache. */
      readonly type: 'offline';
    };

/** Options of `openJpip`. */
export interface JpipClientOptions {
  /** What makes requests. Default: the global `fetch`. */
  readonly fetch?: FetchLike;
  /**
   * `session` needs a server that keeps one, `stateless` does without; `auto` takes a session where one is granted. Default `auto`.
   */
  readonly mode?: 'auto' | 'stateless' | 'session';
  /** Data-bins of precincts (JPP) or of tiles (JPT). Default `jpp`. */
  readonly type?: 'jpp' | 'jpt';
  /** Where data-bins are kept. Images with one store share what they hold of a target. Default: memory, for this image alone. */
  readonly cache?: DataBinStore;
  /** Bytes of data-bins in memory, without `cache`. Default 256 MiB. */
  readonly cacheBytes?: number;
  /** A response should take no longer, so that a new view need not wait. Default 1000. */
  readonly maxLatencyMs?: number;
  /** Bytes of one response at most, 100 or more. Default 16 MiB. */
  readonly maxResponseBytes?: number;
  /**
   * Sent with every request, as for authorisation. With any, requests go to the host of the address only: neither a channel nor a redirection
   * takes them to another. Browsers do not tell where a redirection leads, so there it is an error.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether long requests go into the body of a POST. Default `auto`. */
  readonly post?: 'auto' | 'never' | 'always';
  /** Failures in a row that are put up with. Default 3. */
  readonly retries?: number;
  /** Milliseconds without a byte after which a response is given up. Default 30 000. */
  readonly timeoutMs?: number;
  /** True makes no request: everything comes from `cache`. Default false. */
  readonly offline?: boolean;
  /** Ends the opening; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /** What the picture and the server may cost; these limits also hold for decodes that say nothing. */
  readonly limits?: Partial<Limits & JpipClientLimits>;
  /** Told what happens. */
  readonly onEvent?: (event: JpipClientEvent) => void;
}

/** Options of decodes of a remote picture. */
export interface JpipDecodeOptions extends DecodeOptions {
  /** True decodes what is held and asks for nothing; what is missing makes the picture `partial`. Default false. */
  readonly offline?: boolean;
  /** Which codestream of the file. Default 0. */
  readonly codestream?: number;
}

/** Options of a view. */
export interface JpipViewOptions
  extends Omit<DecodeOptions, 'region' | 'reduce' | 'maxSize' | 'layers' | 'components'> {
  /** Milliseconds between two pictures at least. Default 100. */
  readonly minIntervalMs?: number;
}

/** One picture of a view. */
export interface JpipViewImage extends RasterImage {
  /** True for the last one: everything is there, or the server has no more. */
  readonly final: boolean;
}

/** What the platform and the build lend to {@link JpipImage}. */
export interface JpipHost extends ClientHost {
  readonly codec: Codec;
  readonly fetch: FetchLike;
}
