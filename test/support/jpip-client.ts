/** A JPIP client and an engine in one program, with time that passes at once, and a record of what went between them. */
import { channelStage } from '../../src/codec/decoder/channel-stage.ts';
import { classic } from '../../src/codec/tier1/classic.ts';
import { ht } from '../../src/codec/tier1/ht.ts';
import { encodeSync } from '../../src/index.ts';
import { JpipError } from '../../src/jpip/errors.ts';
import {
  type FetchLike,
  type JpipClientEvent,
  type JpipClientOptions,
  type JpipImage,
  loopback,
  type LoopbackOptions,
} from '../../src/jpip-client.ts';
import { openRemotePicture } from '../../src/jpip/open-image.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import type { JpipEngine, JpipEngineOptions } from '../../src/jpip-server.ts';
import { hostSignal } from '../../src/platform/client-host.ts';
import { hostExecutor } from '../../src/platform/host-executor.ts';
import { wavyPicture } from './encodes.ts';
import { engineOver } from './jpip-server.ts';

/** The typed error that a promise is rejected with; any other, or none, is a failure of the test. */
export async function jpipRejection(promise: Promise<unknown>): Promise<JpipError> {
  const outcome = await promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (outcome instanceof JpipError) return outcome;
  throw outcome;
}

/** Waits longer than this are not over before a test is. */
const LONG_MS = 10_000;

/** Opens a picture with a host on which short waits are over at once, and time-outs come when `expire` is called. */
export async function openIt(
  url: string,
  options: JpipClientOptions & { readonly fetch: FetchLike },
): Promise<{ readonly image: JpipImage; readonly events: JpipClientEvent[]; readonly expire: () => void }> {
  const events: JpipClientEvent[] = [];
  const { host, expire } = hostOf();
  const image = await openRemotePicture(url, { onEvent: (event) => events.push(event), ...options }, host);
  return { image, events, expire };
}

/** Such a host by itself. */
export function hostOf() {
  const waiting = new Set<() => void>();
  const timer = (ms: number, callback: () => void): (() => void) => {
    if (ms < LONG_MS) {
      const soon = setImmediate(callback);
      return () => clearImmediate(soon);
    }
    waiting.add(callback);
    return () => waiting.delete(callback);
  };
  const codec = { coders: [classic, ht], channels: channelStage, executor: hostExecutor };
  const fetch: FetchLike = () => Promise.reject(new Error('no network in tests'));
  const expire = (): void => {
    for (const callback of [...waiting]) callback();
  };
  return {
    host: { codec, fetch, timer, ownSignal: hostSignal, now: hostExecutor.now, pause: hostExecutor.pause! },
    expire,
  };
}

/** An engine that can be restarted, and what it was asked. */
export class TestServer {
  /** Queries in the order in which they came. */
  readonly queries: string[] = [];
  /** Data-bin bytes sent, and those of them that a session was sent before. */
  sent = 0;
  repeated = 0;
  readonly files: Record<string, Uint8Array>;
  road: LoopbackOptions;
  private readonly options: Partial<JpipEngineOptions>;
  private engine: JpipEngine;
  private readonly seen = new Set<string>();

  constructor(
    files: Readonly<Record<string, Uint8Array>>,
    { road = {}, ...options }: Partial<JpipEngineOptions> & { road?: LoopbackOptions } = {},
  ) {
    this.files = { ...files };
    this.options = options;
    this.road = road;
    this.engine = engineOver(this.files, options);
  }

  /** The server ends and begins anew: it knows no session any more. */
  restart(): void {
    void this.engine.close();
    this.engine = engineOver(this.files, this.options);
    this.seen.clear();
  }

  readonly fetch: FetchLike = async (url, init) => {
    this.queries.push(init.body ?? url.slice(url.indexOf('?') + 1));
    const { road } = this;
    const response = await loopback(this.engine, road)(url, init);
    return response.body && response.status === 200
      ? { ...response, body: this.watched(response.body as AsyncIterable<Uint8Array>) }
      : response;
  };

  private async *watched(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const reader = new MessageReader();
    for await (const bytes of body) {
      try {
        for (const message of reader.push(bytes)) if (message.kind === 'data') this.note(message);
      } catch {
        // no stream of messages
      }
      yield bytes;
    }
  }

  private note(piece: {
    readonly classId: number;
    readonly codestream: number;
    readonly id: number;
    readonly offset: number;
    readonly length: number;
  }): void {
    for (let k = piece.offset; k < piece.offset + piece.length; k++) {
      const name = `${piece.codestream} ${piece.classId} ${piece.id} ${k}`;
      this.sent++;
      if (this.seen.has(name)) this.repeated++;
      this.seen.add(name);
    }
  }
}

/** A picture with layers, small precincts and tiles, coded losslessly. */
export function remoteFile(
  options: {
    readonly width?: number;
    readonly height?: number;
    readonly tile?: number;
    readonly channels?: number;
  } = {},
): Uint8Array {
  const { width = 200, height = 150, tile, channels = 1 } = options;
  const { image } = wavyPicture(width, height, channels, 8);
  return encodeSync(image, {
    container: 'jp2',
    levels: 3,
    layers: 3,
    progression: 'RPCL',
    codeBlock: { width: 16, height: 16 },
    precincts: [{ width: 32, height: 32 }],
    ...(tile === undefined ? {} : { tile: { width: tile, height: tile } }),
  }).data;
}
