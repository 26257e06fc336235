import { open, httpSource, type Rect, toImageData } from '../../src/index.ts';
import type { HeldPrecinct, Look, Offer, PictureFacts, View } from './messages.ts';

export interface Remote {
  readonly facts: PictureFacts;
  readonly offline: boolean;
  readonly received: number;
  readonly revision: number;
  request(view: View, signal: AbortSignal): AsyncIterable<unknown>;
  decode(region: Rect, reduce: number, look: Look): Promise<ImageData>;
  held(region: Rect, reduce: number): readonly HeldPrecinct[];
  heldBytes(): number;
  close(): Promise<void>;
}

export async function forgetAll(): Promise<void> {}

export async function openRemote(offer: Offer, _online: () => boolean): Promise<Remote> {
  const image = await open(httpSource(new URL(offer.url, location.href).href));
  const { info } = image;
  let revision = 0;
  const layers = new Map<string, number>();
  return {
    facts: {
      width: info.width,
      height: info.height,
      levels: info.levels,
      layers: info.layers,
      components: info.components.length,
      transparent: info.components.length === 4,
      facts: [['size', `${info.width} × ${info.height}`]],
    },
    offline: false,
    received: 0,
    get revision() {
      return revision;
    },
    async *request(view, signal) {
      for (let l = 1; l <= info.layers && !signal.aborted; l++) {
        layers.set(`${view.reduce}`, l);
        revision++;
        await new Promise((r) => setTimeout(r, 150));
        yield;
      }
    },
    async decode(region, reduce, look) {
      const have = layers.get(`${reduce}`) ?? 1;
      const one = look.component === undefined ? { colour: 'srgb' as const } : { components: [look.component] };
      const image2 = await image.decode({ region, reduce, layers: Math.min(look.layers, have), sample: 'u8', ...one });
      const { width, height, data } = toImageData(image2);
      return new ImageData(new Uint8ClampedArray(data), width, height);
    },
    held(region, reduce) {
      const n = layers.get(`${reduce}`) ?? 0;
      return [{ region, resolution: info.levels - reduce, bytes: n, complete: n === info.layers }];
    },
    heldBytes: () => revision * 10000,
    close: async () => {},
  };
}
