/**
 * How layers are put together, also one after the other in time: the composition box with its options and instruction
 * sets (15444-2 M.11.10).
 *
 * The text was not at hand for the width of LOOP: it is read in one byte or two, by the length of its box, and written
 * in one, as the box was described last.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed, unsupported } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, writeBox } from './box.ts';

/** The composition box. */
export interface Composition {
  /** Canvas that layers are drawn on. */
  readonly width: number;
  readonly height: number;
  /** How often the whole is shown: `Infinity` for without end. */
  readonly loops: number;
  readonly sets: readonly InstructionSet[];
}

/** Instructions that belong together (15444-2 M.11.10.2). */
export interface InstructionSet {
  /** REPT: how often the set is carried out, 1 to 65 535; `Infinity` for as long as there are layers. */
  readonly repeat: number;
  /** TICK: milliseconds that `life` counts in. */
  readonly tick: number;
  readonly instructions: readonly Instruction[];
}

/** One layer drawn. Which layer is not said: each instruction takes the next, but for those that were used again. */
export interface Instruction {
  /** XO, YO: where its top left corner comes. */
  readonly offset?: { readonly x: number; readonly y: number };
  /** WIDTH, HEIGHT: the size that it is scaled to. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly animation?: {
    /** PERSIST: the picture stays as the background of what follows. */
    readonly persist: boolean;
    /** LIFE: ticks until the next instruction, 0 to 2^31 - 1. 0 is together with the next; the highest for ever. */
    readonly life: number;
    /** NEXT-USE: after how many instructions the layer is used again; 0 for never. */
    readonly nextUse: number;
  };
  /** XC, YC, WC, HC: the part of the layer that is drawn. */
  readonly crop?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** Ityp (15444-2 Table M.35): which fields every instruction of a set has. */
const HAS_OFFSET = 0x01;
const HAS_SIZE = 0x02;
const HAS_ANIMATION = 0x08;
const HAS_CROP = 0x20;
const KNOWN = HAS_OFFSET | HAS_SIZE | HAS_ANIMATION | HAS_CROP;

/** LOOP and REPT that mean "without end". */
const FOREVER = { 1: 0xff, 2: 0xffff } as const;

/** Instructions of a composition at most, so that a hostile file costs no more than its length. */
const MAX_INSTRUCTIONS = 1 << 18;

/** Composition (15444-2 M.11.10): options first, then instruction sets. */
export function readComposition(box: BoxContent, log: DiagnosticLog): Composition {
  const clause = '15444-2 M.11.10';
  let options: Omit<Composition, 'sets'> | undefined;
  const sets: InstructionSet[] = [];
  let count = 0;
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    if (inner.type === 'copt') options ??= readCompositionOptions(inner);
    if (inner.type !== 'inst') continue;
    const set = readInstructionSet(inner, MAX_INSTRUCTIONS - count);
    count += set.instructions.length;
    sets.push(set);
  }
  if (!options) throw malformed('box-missing', 'the composition has no options box', { offset: box.offset, clause });
  return { ...options, sets };
}

/** A whole composition superbox. */
export function writeComposition(w: ByteWriter, composition: Composition): void {
  writeBox(w, 'comp', () => {
    writeBox(w, 'copt', () => {
      w.u32(composition.height);
      w.u32(composition.width);
      w.u8(composition.loops === Number.POSITIVE_INFINITY ? FOREVER[1] : composition.loops - 1);
    });
    for (const set of composition.sets) writeInstructionSet(w, set);
  });
}

/** Composition options (15444-2 M.11.10.1): the canvas, and LOOP, how often more than once. */
function readCompositionOptions(box: BoxContent): Omit<Composition, 'sets'> {
  const fields = fieldsOf(box, '15444-2 M.11.10.1');
  const [height, width] = [fields.u32(), fields.u32()];
  const bytes = fields.remaining >= 2 ? 2 : 1;
  const loop = bytes === 2 ? fields.u16() : fields.u8();
  return { width, height, loops: loop === FOREVER[bytes] ? Number.POSITIVE_INFINITY : loop + 1 };
}

/** Instruction set (15444-2 M.11.10.2): which fields there are, then an instruction after the other. */
function readInstructionSet(box: BoxContent, most: number): InstructionSet {
  const clause = '15444-2 M.11.10.2';
  const fields = fieldsOf(box, clause);
  const ityp = fields.u16();
  const rept = fields.u16();
  const tick = fields.u32();
  if ((ityp & ~KNOWN) !== 0) {
    throw unsupported('box-value', `expected instruction fields of ${KNOWN}, found ${ityp}`, {
      offset: box.offset,
      clause,
    });
  }
  const instructions: Instruction[] = [];
  while (ityp !== 0 && fields.remaining > 0 && instructions.length < most) {
    instructions.push(readInstruction(fields, ityp));
  }
  return { repeat: rept === FOREVER[2] ? Number.POSITIVE_INFINITY : rept + 1, tick, instructions };
}

function readInstruction(fields: ByteReader, ityp: number): Instruction {
  const pair = (): [number, number] => [fields.u32(), fields.u32()];
  const [x, y] = ityp & HAS_OFFSET ? pair() : [0, 0];
  const [width, height] = ityp & HAS_SIZE ? pair() : [0, 0];
  const [life, nextUse] = ityp & HAS_ANIMATION ? pair() : [0, 0];
  const [xc, yc, wc, hc] = ityp & HAS_CROP ? [...pair(), ...pair()] : [0, 0, 0, 0];
  return {
    ...(ityp & HAS_OFFSET ? { offset: { x, y } } : {}),
    ...(ityp & HAS_SIZE ? { size: { width, height } } : {}),
    ...(ityp & HAS_ANIMATION ? { animation: { persist: life >= 2 ** 31, life: life % 2 ** 31, nextUse } } : {}),
    ...(ityp & HAS_CROP ? { crop: { x: xc, y: yc, width: wc, height: hc } } : {}),
  };
}

/** A whole instruction set box. Every instruction of it has the fields of the first. */
function writeInstructionSet(w: ByteWriter, { repeat, tick, instructions }: InstructionSet): void {
  const [first] = instructions;
  const ityp =
    (first?.offset ? HAS_OFFSET : 0) |
    (first?.size ? HAS_SIZE : 0) |
    (first?.animation ? HAS_ANIMATION : 0) |
    (first?.crop ? HAS_CROP : 0);
  writeBox(w, 'inst', () => {
    w.u16(ityp);
    w.u16(repeat === Number.POSITIVE_INFINITY ? FOREVER[2] : repeat - 1);
    w.u32(tick);
    for (const { offset, size, animation, crop } of instructions) {
      const values: number[] = [];
      if (ityp & HAS_OFFSET) values.push(offset?.x ?? 0, offset?.y ?? 0);
      if (ityp & HAS_SIZE) values.push(size?.width ?? 0, size?.height ?? 0);
      if (ityp & HAS_ANIMATION) {
        values.push((animation?.persist ? 2 ** 31 : 0) + (animation?.life ?? 0), animation?.nextUse ?? 0);
      }
      if (ityp & HAS_CROP) values.push(crop?.x ?? 0, crop?.y ?? 0, crop?.width ?? 0, crop?.height ?? 0);
      for (const value of values) w.u32(value);
    }
  });
}
