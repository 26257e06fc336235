/** A server engine over files in memory, a strict collector of what it sends, and the truth to hold that against. */
import { decodePicture } from '../../src/codec/decoder/decode.ts';
import type { DecodeOptions } from '../../src/codec/decoder/options.ts';
import { runFrom } from '../../src/codec/decoder/window-decode.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { readJp2File } from '../../src/codec/fileformat/jp2-file.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { BytesSource, readNow } from '../../src/codec/source.ts';
import { classic } from '../../src/codec/tier1/classic.ts';
import { ht } from '../../src/codec/tier1/ht.ts';
import type { RasterImage } from '../../src/index.ts';
import { BinCache } from '../../src/jpip/bins/bin-store.ts';
import { CacheSource, readCachedMainHeader } from '../../src/jpip/client/cache-source.ts';
import { TileBinSource } from '../../src/jpip/client/tile-source.ts';
import type { DataPiece, ReadMessage } from '../../src/jpip/wire/message.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import {
  createJpipEngine,
  type JpipEngine,
  type JpipEngineOptions,
  type JpipHostOptions,
} from '../../src/jpip-server.ts';
import { hostExecutor } from '../../src/platform/host-executor.ts';

/** An engine that serves files by name. */
export function engineOver(
  files: Readonly<Record<string, Uint8Array>>,
  options: Partial<JpipEngineOptions> = {},
  host: JpipHostOptions = {},
): JpipEngine {
  const resolve = (name: string) => {
    const bytes = files[name];
    return bytes ? { source: new BytesSource(bytes) } : null;
  };
  return createJpipEngine({ resolve, ...options }, host);
}

/** A response, taken whole. */
export interface TakenResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly pieces: readonly DataPiece[];
  /** Reason of the end of the response. */
  readonly eor: number | undefined;
  /** Bytes of messages, the end not counted. */
  readonly messageBytes: number;
}

/** Sends a request and takes all of the response. */
export async function ask(
  engine: JpipEngine,
  query: string,
  { path = '/', body, cache }: { path?: string; body?: string; cache?: StrictCache } = {},
): Promise<TakenResponse> {
  const post = body === undefined ? {} : { body: new TextEncoder().encode(body) };
  const response = await engine.handle({
    method: body === undefined ? 'GET' : 'POST',
    path,
    query,
    headers: {},
    ...post,
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) chunks.push(chunk);
  const bytes = new Uint8Array(Buffer.concat(chunks));
  const taken = { status: response.status, reason: response.reason, headers: response.headers, bytes };
  if (response.length !== undefined && response.length !== bytes.length)
    throw new Error('a wrong length was announced');
  const streamed = /jp[pt]-stream/.test(response.headers['Content-Type'] ?? '');
  if (response.status !== 200 || !streamed) return { ...taken, pieces: [], eor: undefined, messageBytes: 0 };
  const reader = new MessageReader();
  const messages: ReadMessage[] = reader.push(bytes);
  reader.end();
  const pieces = messages.filter((message) => message.kind === 'data');
  const end = messages.find((message) => message.kind === 'eor');
  for (const piece of pieces) cache?.take(piece);
  return { ...taken, pieces, eor: end?.reason, messageBytes: bytes.length - (end ? 3 + end.body.length : 0) };
}

/** A cache that accepts no byte twice and no gap, as long as the server knows what it holds. */
export class StrictCache {
  readonly cache = new BinCache('strict');
  bytes = 0;

  take(piece: DataPiece): void {
    const key = { codestream: piece.codestream, classId: piece.classId & ~1, id: piece.id };
    const { length, complete } = this.cache.extentOf(key);
    const name = `bin ${key.codestream} ${key.classId} ${key.id}`;
    if (complete) throw new Error(`${name} comes again`);
    if (piece.offset !== length) throw new Error(`${name} holds ${length} bytes, byte ${piece.offset} comes`);
    this.cache.add(piece, piece.body);
    this.bytes += piece.body.length;
  }

  /** What is held, decoded: the components as they are. */
  async decode(options: DecodeOptions = {}, codestream = 0): Promise<RasterImage> {
    const main = readCachedMainHeader(this.cache, codestream, DEFAULT_LIMITS, new DiagnosticLog());
    if (main === undefined) throw new Error('no main header');
    const tiles = [...this.cache.bins()].some(({ classId }) => classId === 4);
    const source = tiles
      ? new TileBinSource(this.cache, codestream, main, DEFAULT_LIMITS)
      : new CacheSource(this.cache, codestream, main);
    const log = new DiagnosticLog();
    const file = readNow(
      readJp2File(log, DEFAULT_LIMITS),
      Uint8Array.of(0xff, 0x4f, 0xff, 0x51, 0, 0, 0, 0, 0, 0, 0, 0),
    );
    const all = { layout: 'planar', colour: 'native', ...options } as const;
    const work = decodePicture(
      { source, file },
      all,
      { coders: [classic, ht], channels: undefined, executor: hostExecutor },
      DEFAULT_LIMITS,
      log,
    );
    return (await runFrom(work, source, hostExecutor, DEFAULT_LIMITS)).image as RasterImage;
  }
}

/** A window of a reduced picture as a region of the reference grid that decodes to just that. */
export function regionOf(
  reduce: number,
  [x, y, width, height]: readonly [number, number, number, number],
  origin: { readonly x: number; readonly y: number },
): { x: number; y: number; width: number; height: number } {
  const scale = 2 ** reduce;
  const left = Math.ceil(origin.x / scale) + x;
  const top = Math.ceil(origin.y / scale) + y;
  // sample n of the reduced picture covers points up to n * scale
  const x0 = Math.max(origin.x, (left - 1) * scale + 1);
  const y0 = Math.max(origin.y, (top - 1) * scale + 1);
  return {
    x: x0 - origin.x,
    y: y0 - origin.y,
    width: (left + width - 1) * scale + 1 - x0,
    height: (top + height - 1) * scale + 1 - y0,
  };
}
