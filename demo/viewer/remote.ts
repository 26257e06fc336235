/** A picture on a server as the worker needs it: what is held of it, how to get more, and squares decoded from what is held. */
import { type JpipImage, loopback, memoryStore, openJpip } from '../../src/jpip-client.ts';
import { createJpipEngine } from '../../src/jpip-server.ts';
import { blobSource, httpSource, type Rect, toImageData } from '../../src/index.ts';
import type { HeldPrecinct, Look, Offer, PictureFacts, View } from './messages.ts';
import { forgetStore, pictureStore } from './store.ts';

/** A picture that is open. */
export class Remote {
  readonly facts: PictureFacts;
  private readonly image: JpipImage;
  private readonly onClose: () => Promise<void>;
  private counted = { revision: -1, bytes: 0 };

  constructor(image: JpipImage, onClose: () => Promise<void> = async () => {}) {
    this.image = image;
    this.onClose = onClose;
    this.facts = factsOf(image);
  }

  /** Grows whenever more is held. */
  get revision(): number {
    return this.image.cache.revision;
  }

  /** True while the server cannot be reached. */
  get offline(): boolean {
    return this.image.offline;
  }

  /** Bytes that came over the network. */
  get received(): number {
    return this.image.bytesReceived;
  }

  /** Asks for what a view lacks; every step means that something came. */
  request({ region, reduce, look }: View, signal: AbortSignal): AsyncIterable<unknown> {
    const { layers, component } = look;
    return this.image.request(
      { region, reduce, layers, ...(component === undefined ? {} : { components: [component] }) },
      { signal },
    );
  }

  /** Decodes a part from what is held. */
  async decode(region: Rect, reduce: number, { layers, component }: Look): Promise<ImageData> {
    const picture = await this.image.decode({
      region,
      reduce,
      layers,
      offline: true,
      sample: 'u8',
      upsample: 'linear',
      ...(component === undefined ? { colour: 'srgb' as const } : { components: [component] }),
    });
    const { width, height, data } = toImageData(picture);
    return new ImageData(new Uint8ClampedArray(data), width, height);
  }

  /** The precincts that a part needs, whatever is held of them. */
  held(region: Rect, reduce: number, { component }: Look): readonly HeldPrecinct[] {
    return this.image.held({ region, reduce, ...(component === undefined ? {} : { components: [component] }) });
  }

  /** Bytes of the picture that are held, here or on disk. */
  heldBytes(): number {
    if (this.counted.revision !== this.revision) {
      let bytes = 0;
      for (const { length } of this.image.cache.extents()) bytes += length;
      this.counted = { revision: this.revision, bytes };
    }
    return this.counted.bytes;
  }

  async close(): Promise<void> {
    await this.image.close();
    await this.onClose();
  }
}

/** Opens a picture; without a server when that is not to be asked. */
export async function openRemote(offer: Offer, online: boolean): Promise<Remote> {
  const url = new URL(offer.url, location.href);
  if (offer.own) return openOwn(offer.own === true ? httpSource(url) : blobSource(offer.own));
  const image = await openJpip(url, { cache: await pictureStore(), offline: !online });
  return new Remote(image);
}

/** Server and client in one: the same data-bins as over a network, from an engine that runs here. */
async function openOwn(source: ReturnType<typeof blobSource>): Promise<Remote> {
  const engine = createJpipEngine({ resolve: () => ({ source }) });
  try {
    const image = await openJpip('jpip://here/picture', { fetch: loopback(engine), cache: memoryStore() });
    return new Remote(image, () => engine.close());
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Throws away whatever is kept of all pictures. */
export function forgetAll(): Promise<void> {
  return forgetStore();
}

function factsOf({ info }: JpipImage): PictureFacts {
  const { width, height, levels, layers, components, tiles, precincts, colour } = info;
  const depths = [...new Set(components.map((c) => `${c.precision} bits${c.signed ? ' signed' : ''}`))].join(', ');
  const [first] = precincts;
  return {
    width,
    height,
    levels,
    layers,
    components: components.length,
    transparent: colour.channels.some(({ kind }) => kind !== 'colour'),
    facts: [
      ['size', `${width} × ${height}`],
      ['components', `${components.length}, ${depths}`],
      ['colour', colour.space],
      ['tiles', `${tiles.columns} × ${tiles.rows} of ${tiles.width} × ${tiles.height}`],
      ['resolutions', String(levels + 1)],
      ['layers', String(layers)],
      ['precincts', first ? `${first.width} × ${first.height}` : 'one for each resolution'],
      ['transform', info.reversible ? '5/3, reversible' : '9/7, irreversible'],
    ],
  };
}
