/**
 * Pictures for the cross-check: crops of photographs and a scan, and synthetic extremes, at any depth and subsampling.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode as decodePng } from 'fast-png';
import { randomFrom } from '../../test/support/random.ts';
import type { PictureSpec } from './cases.ts';

/** Where the test photographs lie. */
export interface Seeds {
  readonly photographs: readonly { width: number; height: number; data: Uint8Array }[];
  readonly scan: { width: number; height: number; data: Int16Array };
}

/** Reads some of the shared photographs. */
export function loadSeeds(sharedFolder: string): Seeds {
  const folder = join(sharedFolder, 'bench-seeds');
  const photographs = ['kodim01', 'kodim05', 'kodim08', 'kodim13'].map((name) => {
    const png = decodePng(readFileSync(join(folder, `${name}.png`)));
    return { width: png.width, height: png.height, data: png.data as Uint8Array };
  });
  const raw = readFileSync(join(folder, 'CT1.RAW'));
  const scan = {
    width: 512,
    height: 512,
    data: new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + 512 * 512 * 2)),
  };
  return { photographs, scan };
}

/** The samples of every component, each on its own grid. */
export function makePlanes(spec: PictureSpec, seed: number, seeds: Seeds): Int32Array[] {
  const random = randomFrom(seed ^ 0x5bd1e995);
  const photograph = random.pick(seeds.photographs);
  const x0 = random.int(0, Math.max(0, photograph.width - spec.width));
  const y0 = random.int(0, Math.max(0, photograph.height - spec.height));
  const low = spec.signed ? -(2 ** (spec.precision - 1)) : 0;
  const range = 2 ** spec.precision;
  const level = random.int(0, range - 1);
  return spec.subsampling.map(([dx, dy], c) => {
    const width = Math.ceil(spec.width / dx);
    const height = Math.ceil(spec.height / dy);
    const plane = new Int32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        plane[y * width + x] = low + Math.min(range - 1, Math.max(0, sampleAt(x * dx, y * dy, c)));
      }
    }
    return plane;
  });

  function sampleAt(x: number, y: number, c: number): number {
    switch (spec.kind) {
      case 'noise':
        return random.int(0, range - 1);
      case 'flat':
        return level;
      case 'checks':
        return ((x >> 1) + (y >> 2)) & 1 ? range - 1 : 0;
      case 'scan': {
        const { data, width, height } = seeds.scan;
        const value = data[((y0 + y) % height) * width + ((x0 + x) % width)]! + 2048;
        return spec.precision >= 12 ? value + c : value >> (12 - spec.precision);
      }
      case 'photograph': {
        const { data, width, height } = photograph;
        const value = data[(((y0 + y) % height) * width + ((x0 + x) % width)) * 3 + (c % 3)]!;
        if (spec.precision <= 8) return value >> (8 - spec.precision);
        const extra = spec.precision - 8;
        return (value << extra) | random.int(0, 2 ** extra - 1); // low bits of a sensor are noise
      }
    }
  }
}
