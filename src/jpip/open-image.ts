/** Opens a picture on a JPIP server: address, store, road and client engine, put together. */
import { Jpeg2000Error } from '../codec/errors.ts';
import { DEFAULT_LIMITS } from '../codec/limits.ts';
import { type BinCache, memoryStore } from './bins/bin-store.ts';
import { parseAddress, type TargetAddress } from './client/address.ts';
import { type ClientSettings, JpipClient } from './client/client.ts';
import { JpipError } from './errors.ts';
import { JpipImage } from './image.ts';
import { DEFAULT_JPIP_LIMITS } from './limits.ts';
import type { JpipClientOptions, JpipHost } from './image-options.ts';
import { httpConnection } from './transport/client-http.ts';
import { BIN_CLASS } from './wire/message.ts';

/** A message has a header of up to some 40 bytes, and the end of a response is one too; something has to go beside them. */
const LEAST_RESPONSE = 100;

/** Opens a picture on a server. */
export async function openRemotePicture(url: string, options: JpipClientOptions, host: JpipHost): Promise<JpipImage> {
  const address = parseAddress(url);
  const { cacheBytes, type = 'jpp' } = options;
  const store = options.cache ?? memoryStore(cacheBytes === undefined ? {} : { cacheBytes });
  // data-bins of precincts and of tiles say the same twice, so they are kept apart
  const cache = await store.open(type === 'jpp' ? address.name : `${address.name} ${type}`);
  const release = cache.hold();
  try {
    return await openOver(address, cache, release, options, host);
  } catch (error) {
    release();
    throw error;
  }
}

async function openOver(
  address: TargetAddress,
  cache: BinCache,
  release: () => void,
  options: JpipClientOptions,
  host: JpipHost,
): Promise<JpipImage> {
  const limits = { ...DEFAULT_LIMITS, ...DEFAULT_JPIP_LIMITS, ...options.limits };
  const { headers, type = 'jpp' } = options;
  const connection = httpConnection({ fetch: options.fetch ?? host.fetch, ...(headers ? { headers } : {}) });
  const settings: ClientSettings = {
    mode: options.mode ?? 'auto',
    type,
    post: options.post ?? 'auto',
    maxLatencyMs: positive('maxLatencyMs', options.maxLatencyMs ?? 1000),
    maxResponseBytes: atLeast(LEAST_RESPONSE, 'maxResponseBytes', options.maxResponseBytes ?? 1 << 24),
    timeoutMs: positive('timeoutMs', options.timeoutMs ?? 30_000),
    retries: options.retries ?? 3,
    offline: options.offline ?? false,
    leavesHost: headers === undefined,
    limits,
    onDiagnostic: (diagnostic) => options.onEvent?.({ type: 'diagnostic', diagnostic }),
    onResponse: (bytes, ms) => options.onEvent?.({ type: 'response', bytes, ms }),
    onClose: release,
  };
  const open = async (): Promise<JpipClient> => {
    const made = new JpipClient(address, connection, cache, host, settings);
    await made.open(0, options.signal);
    return made;
  };
  let client: JpipClient;
  try {
    client = await open();
  } catch (error) {
    // what was held from before was of another target, or is damaged; it has gone, and nobody has seen anything of it yet
    if (settings.offline || !isOfThePast(error)) throw error;
    client = await open();
  }
  if (client.offline && !options.offline) options.onEvent?.({ type: 'offline' });
  const image = new JpipImage(client, host, limits, 0);
  const { container, boxes } = image.info;
  const lacksColour = container !== 'codestream' && boxes.every((box) => box.type !== 'jp2h');
  if (lacksColour || !cache.get({ codestream: 0, classId: BIN_CLASS.metadata, id: 0 })?.complete) {
    // there are servers that send nothing of the file unless they are asked, and files of which it lies in a data-bin of its own
    if (await client.fetchMetadata('[jp2h]', options.signal)) image.refresh();
  }
  return image;
}

function isOfThePast(error: unknown): boolean {
  if (error instanceof JpipError) return error.code === 'target-changed';
  return error instanceof Jpeg2000Error && error.kind === 'malformed';
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new JpipError('usage', 'option-value', `${name} must be a number above 0, found ${value}`);
}

function atLeast(least: number, name: string, value: number): number {
  if (value >= least) return value;
  throw new JpipError('usage', 'option-value', `${name} must be a number from ${least}, found ${value}`);
}
