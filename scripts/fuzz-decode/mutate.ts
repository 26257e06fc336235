/** The ways a file is spoilt. Each case is determined by its seed and number, so that it can be made again alone. */
import { type Random, randomFrom } from '../../test/support/random.ts';
import { type LengthField, type Structure, structureOf } from './structure.ts';

/** A good file to spoil. */
export interface SeedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly structure: Structure;
}

/** A spoilt file and what was done to it. */
export interface Mutant {
  readonly bytes: Uint8Array;
  readonly what: string;
  readonly random: Random;
}

/** Prepares a file for spoiling. */
export function seedFile(name: string, bytes: Uint8Array): SeedFile {
  return { name, bytes, structure: structureOf(bytes) };
}

/** All truncations at structural boundaries come first, one file after the other; everything else is drawn. */
export function makeMutant(files: readonly SeedFile[], seed: number, number: number): Mutant {
  const random = randomFrom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0xc2b2ae35)) >>> 0);
  let rest = number;
  for (const file of files) {
    const cuts = file.structure.boundaries.length * 2;
    if (rest < cuts) {
      const at = Math.max(0, file.structure.boundaries[rest >> 1]! - (rest & 1));
      return { bytes: file.bytes.slice(0, at), what: `${file.name} cut at ${at}`, random };
    }
    rest -= cuts;
  }
  const file = random.pick(files);
  const kind = random.pick([
    'flip',
    'flip',
    'headerFlip',
    'headerFlip',
    'length',
    'length',
    'splice',
    'cut',
    'mix',
  ] as const);
  const bytes = file.bytes.slice();
  switch (kind) {
    case 'flip':
      return { bytes: flip(bytes, random, () => random.int(0, bytes.length - 1)), what: `${file.name} flips`, random };
    case 'headerFlip':
      return {
        bytes: flip(bytes, random, () => random.pick(file.structure.headers)),
        what: `${file.name} header`,
        random,
      };
    case 'length':
      return { bytes: lie(bytes, random, random.pick(file.structure.lengths)), what: `${file.name} length`, random };
    case 'splice':
      return { bytes: splice(bytes, file.structure, random), what: `${file.name} splice`, random };
    case 'cut':
      return { bytes: bytes.slice(0, random.int(0, bytes.length)), what: `${file.name} cut anywhere`, random };
    case 'mix': {
      const flipped = flip(bytes, random, () => random.pick(file.structure.headers));
      const mixed = splice(lie(flipped, random, random.pick(file.structure.lengths)), file.structure, random);
      return { bytes: mixed, what: `${file.name} mix`, random };
    }
  }
}

/** How many truncations there are before the drawn cases begin. */
export function truncationCount(files: readonly SeedFile[]): number {
  return files.reduce((sum, file) => sum + file.structure.boundaries.length * 2, 0);
}

function flip(bytes: Uint8Array, random: Random, place: () => number): Uint8Array {
  for (let n = random.pick([1, 1, 1, 2, 3, 8]); n > 0; n--) {
    const at = place();
    const old = bytes[at]!;
    bytes[at] = random.pick([old ^ (1 << random.int(0, 7)), random.int(0, 255), 0, 255, old + 1, old - 1]) & 255;
  }
  return bytes;
}

function lie(bytes: Uint8Array, random: Random, { at, size }: LengthField): Uint8Array {
  const view = new DataView(bytes.buffer);
  const real = size === 2 ? view.getUint16(at) : view.getUint32(size === 8 ? at + 4 : at);
  const value = random.pick([0, 1, 2, 3, 7, 8, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, real - 1, real + 1, real * 2]);
  if (size === 2) view.setUint16(at, value & 0xffff);
  else view.setUint32(size === 8 ? at + 4 : at, value >>> 0);
  if (size === 8 && random.chance(0.5)) view.setUint32(at, random.pick([1, 0x7fffffff, 0xffffffff]));
  return bytes;
}

/** Takes a piece between two joints out, doubles it, or moves it elsewhere. */
function splice(bytes: Uint8Array, { boundaries }: Structure, random: Random): Uint8Array {
  const at = random.int(0, boundaries.length - 2);
  const [from, to] = [boundaries[at]!, boundaries[Math.min(boundaries.length - 1, at + random.int(1, 3))]!];
  const piece = bytes.subarray(from, to);
  const kind = random.pick(['drop', 'double', 'move'] as const);
  if (kind === 'drop') return join(bytes.subarray(0, from), bytes.subarray(to));
  if (kind === 'double') return join(bytes.subarray(0, to), piece, bytes.subarray(to));
  const without = join(bytes.subarray(0, from), bytes.subarray(to));
  const into = Math.min(without.length, random.pick(boundaries));
  return join(without.subarray(0, into), piece, without.subarray(into));
}

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
