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
