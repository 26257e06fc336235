/**
 * From the view-window of a request to a window of the codestream (15444-9 C.4).
 *
 * A request speaks of a frame: the whole image, scaled to `fsiz`. A codestream only has the sizes that halving gives, so one of those
 * is picked by the rounding asked for, and region offset and size are scaled along. What was changed is told to the client.
 */
import type { Siz } from '../../codec/codestream/siz.ts';
import type { Bounds } from '../../codec/rect.ts';
import type { FrameSize, JpipRequest, Rounding } from '../request/fields.ts';

/** A size that a codestream can be had in. */
export interface Frame {
  /** Resolution levels that are left out. */
  readonly reduce: number;
  readonly width: number;
  readonly height: number;
}

/** A view-window as it is served. */
export interface ServedWindow {
  readonly frame: Frame;
  /** On the reference grid divided by 2^reduce, cut to the image; possibly empty. */
  readonly bounds: Bounds;
  /** What differs from the request, as response fields. */
  readonly changed: {
    readonly fsiz?: { readonly width: number; readonly height: number };
    readonly roff?: { readonly x: number; readonly y: number };
    readonly rsiz?: { readonly width: number; readonly height: number };
  };
}

/** The sizes of a codestream, from the full one down (15444-1 B-15 on the reference grid). */
export function framesOf(siz: Siz, levels: number): Frame[] {
  return Array.from({ length: levels + 1 }, (_, reduce) => {
    const { x0, y0, x1, y1 } = frameBounds(siz, reduce);
    return { reduce, width: x1 - x0, height: y1 - y0 };
  });
}

/** The image area on the reference grid divided by 2^reduce. */
export function frameBounds({ xosiz, yosiz, xsiz, ysiz }: Siz, reduce: number): Bounds {
  const scale = 2 ** reduce;
  return {
    x0: Math.ceil(xosiz / scale),
    y0: Math.ceil(yosiz / scale),
    x1: Math.ceil(xsiz / scale),
    y1: Math.ceil(ysiz / scale),
  };
}

/**
 * Picks the size for `fsiz` (C.4.2): `round-down` the largest that is not larger in either direction, `round-up` the smallest that is
 * not smaller, `closest` the one whose area differs least. Where there is no such size the nearest end is taken.
 */
export function pickFrame(frames: readonly Frame[], { width, height }: FrameSize, round: Rounding): Frame {
  if (round === 'round-up') {
    const enough = frames.filter((frame) => frame.width >= width && frame.height >= height);
    return enough.at(-1) ?? frames[0];
  }
  if (round === 'round-down') {
    return frames.find((frame) => frame.width <= width && frame.height <= height) ?? frames[frames.length - 1];
  }
  const area = width * height;
  const distance = (frame: Frame): number => Math.abs(frame.width * frame.height - area);
  return frames.reduce((best, frame) => (distance(frame) < distance(best) ? frame : best));
}

/**
 * Works out what a request's view-window means for a codestream with `levels` decomposition levels; `undefined` where the request has
 * none (C.4.1: without `fsiz` there is no view-window).
 */
export function resolveWindow(
  siz: Siz,
  levels: number,
  { fsiz, roff, rsiz }: Pick<JpipRequest, 'fsiz' | 'roff' | 'rsiz'>,
): ServedWindow | undefined {
  if (fsiz === undefined) return undefined;
  const frame = pickFrame(framesOf(siz, levels), fsiz, fsiz.round ?? 'round-down');
  const x = scaledInterval(roff?.x ?? 0, rsiz?.width, fsiz.width, frame.width);
  const y = scaledInterval(roff?.y ?? 0, rsiz?.height, fsiz.height, frame.height);
  const image = frameBounds(siz, frame.reduce);
  const size = { width: x.hi - x.lo, height: y.hi - y.lo };
  const resized = frame.width !== fsiz.width || frame.height !== fsiz.height;
  const moved = roff !== undefined && (x.lo !== roff.x || y.lo !== roff.y);
  const cut = rsiz !== undefined && (size.width !== rsiz.width || size.height !== rsiz.height);
  return {
    frame,
    bounds: { x0: image.x0 + x.lo, y0: image.y0 + y.lo, x1: image.x0 + x.hi, y1: image.y0 + y.hi },
    changed: {
      ...(resized ? { fsiz: { width: frame.width, height: frame.height } } : {}),
      ...(moved ? { roff: { x: x.lo, y: y.lo } } : {}),
      ...(cut ? { rsiz: size } : {}),
    },
  };
}

/**
 * One axis of the region in the frame that is served: everything that the region asked for touches, cut to the frame. A missing size
 * reaches to the end.
 */
function scaledInterval(
  offset: number,
  size: number | undefined,
  asked: number,
  served: number,
): { lo: number; hi: number } {
  if (asked === 0) return { lo: 0, hi: 0 };
  const end = size === undefined ? asked : Math.min(asked, offset + size);
  const lo = Math.min(served, asked === served ? offset : Number((BigInt(offset) * BigInt(served)) / BigInt(asked)));
  const hi = asked === served ? end : Number((BigInt(end) * BigInt(served) + BigInt(asked) - 1n) / BigInt(asked));
  return { lo, hi: Math.max(lo, Math.min(served, hi)) };
}
