/**
 * Frames shown one after the other, as a composition (15444-2 M.11.10).
 *
 * Layers are taken in their order, one an instruction. Where all frames last equally many milliseconds and are as large as
 * the canvas, one instruction carried out again and again says it all; else every frame has its own.
 */
import type { Composition, Instruction, InstructionSet } from './composition.ts';

/** How frames are shown. */
export interface PlaySpec {
  readonly framesPerSecond: number;
  /** How often the whole is shown, 1 to 255 times, or `Infinity`. Default `Infinity`. */
  readonly loops?: number;
  /** Canvas that every frame is fitted into, in its middle. Default: the size of the first frame. */
  readonly width?: number;
  readonly height?: number;
}

/** A size in samples. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** REPT counts no further in one set (15444-2 M.11.10.2); its highest value means without end. */
const MAX_REPEAT = 65535;

/** The composition that shows frames of these sizes. */
export function compositionOf(play: PlaySpec, sizes: readonly Size[]): Composition {
  const canvas = { width: play.width ?? sizes[0].width, height: play.height ?? sizes[0].height };
  const alike = sizes.every(({ width, height }) => width === canvas.width && height === canvas.height);
  const period = 1000 / play.framesPerSecond;
  const sets =
    alike && Number.isInteger(period) ? repeated(sizes.length, period) : [single(sizes, canvas, alike, period)];
  return { ...canvas, loops: play.loops ?? Number.POSITIVE_INFINITY, sets };
}

/** One layer drawn at some time. */
export interface Drawing extends Pick<Instruction, 'offset' | 'size' | 'crop'> {
  /** Which layer. */
  readonly layer: number;
  /** Milliseconds from the beginning. */
  readonly start: number;
  /** Milliseconds until the next drawing: 0 for one that comes together with it, `Infinity` for one that stays for ever. */
  readonly duration: number;
  /** Whether it stays as the background of what follows. */
  readonly persist: boolean;
}

/** LIFE of what stays for ever (15444-2 M.11.10.2). */
const FOREVER = 2 ** 31 - 1;

/**
 * What a composition draws, one after the other: each instruction takes the next layer that was not drawn yet, but where an
 * earlier one said that its layer is used again (15444-2 M.11.10.2). It ends when layers or instructions do, which may be
 * never: a set can be carried out without end on layers that are used again and again.
 */
export function* drawingsOf({ sets }: Composition, numLayers: number): Generator<Drawing, void, undefined> {
  const again = new Map<number, number>();
  let next = 0;
  let start = 0;
  let k = 0;
  for (const { repeat, tick, instructions } of sets) {
    for (let time = 0; time < repeat && instructions.length > 0; time++) {
      for (const { animation, ...where } of instructions) {
        const layer = again.get(k) ?? next++;
        again.delete(k);
        if (layer >= numLayers) return;
        // without animation fields layers are laid over each other, all at once
        const { persist = true, life = 0, nextUse = 0 } = animation ?? {};
        if (nextUse > 0) again.set(k + nextUse, layer);
        const duration = life === FOREVER ? Number.POSITIVE_INFINITY : life * tick;
        yield { ...where, layer, start, duration, persist };
        if (duration === Number.POSITIVE_INFINITY) return;
        start += duration;
        k++;
      }
    }
  }
}

/** One instruction over and over. */
function repeated(count: number, period: number): InstructionSet[] {
  const sets: InstructionSet[] = [];
  const instructions = [{ animation: { persist: true, life: 1, nextUse: 0 } }];
  for (let left = count; left > 0; left -= MAX_REPEAT) {
    sets.push({ repeat: Math.min(left, MAX_REPEAT), tick: period, instructions });
  }
  return sets;
}

/** An instruction for each frame, in milliseconds that add up to the right sum. */
function single(sizes: readonly Size[], canvas: Size, alike: boolean, period: number): InstructionSet {
  const instructions = sizes.map((size, n): Instruction => {
    const life = Math.round((n + 1) * period) - Math.round(n * period);
    const animation = { persist: true, life: Math.max(1, life), nextUse: 0 };
    return alike ? { animation } : { ...fitted(size, canvas), animation };
  });
  return { repeat: 1, tick: 1, instructions };
}

/** As large as fits into the canvas without being distorted, in its middle. */
function fitted({ width, height }: Size, canvas: Size): Pick<Instruction, 'offset' | 'size'> {
  const scale = Math.min(canvas.width / width, canvas.height / height);
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const middle = (outer: number, inner: number) => Math.max(0, Math.floor((outer - inner) / 2));
  return { offset: { x: middle(canvas.width, size.width), y: middle(canvas.height, size.height) }, size };
}
