/**
 * Makes the pictures that the project ships, from nothing but arithmetic, and encodes them with `opj_compress`:
 * `npm run sample`.
 *
 * `lake.jp2` is 8-bit RGB, lossy, with six quality layers and precincts; `relief.jp2` is a 16-bit grey height map,
 * lossless, in tiles. Both are small enough to live in the repository.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { randomFrom } from '../test/support/random.ts';
import { inRepository } from '../test/support/root.ts';
import { runTool } from '../test/support/tools.ts';

type Colour = readonly [number, number, number];

const noise = makeNoise(7);

await encodeSample('lake', paintLake(960, 600), [
  '-I',
  '-r',
  '240,120,75,50,38,30',
  '-p',
  'RPCL',
  '-c',
  '[256,256]',
  '-SOP',
]);
await encodeSample('relief', paintRelief(256, 192), ['-t', '128,128', '-n', '5', '-p', 'RLCP', '-PLT', '-TLM']);

interface Painting {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly depth: 8 | 16;
  readonly data: Uint8Array | Uint16Array;
}

async function encodeSample(name: string, painting: Painting, args: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'jp2kit-sample-'));
  try {
    const input = join(folder, 'in.png');
    await writeFile(input, encodePng(painting));
    const output = inRepository('demo', 'samples', `${name}.jp2`);
    const run = await runTool('opj_compress', ['-i', input, '-o', output, ...args]);
    if (!run.ok) throw new Error(run.output);
    console.log(`${output}: ${painting.width} × ${painting.height}, ${(await stat(output)).size} bytes`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A lake at dusk: sky, moon and stars, five ridges that fade with distance, and their reflection. */
function paintLake(width: number, height: number): Painting {
  const data = new Uint8Array(width * height * 3);
  const shore = Math.round(height * 0.63);
  const random = randomFrom(11);
  const stars = Array.from(
    { length: 170 },
    () => [random.int(0, width), random.int(0, shore * 0.62), random.next()] as const,
  );
  const scene = (x: number, y: number): Colour => {
    const u = x / width;
    const v = y / shore;
    let colour = mix([18, 22, 62], [236, 150, 112], smooth(0.05, 1.02, v ** 1.35));
    colour = mix(colour, [255, 214, 150], 0.75 * Math.exp(-(((u - 0.68) / 0.3) ** 2) - ((v - 0.93) / 0.2) ** 2));
    const cloud = fbm(u * 3.2 + 4, v * 7, 5) - 0.52 - 0.25 * Math.abs(v - 0.55);
    colour = mix(colour, [250, 196, 176], smooth(0, 0.18, cloud) * 0.55);
    const [mx, my] = [x - width * 0.25, y - shore * 0.27];
    const moon = Math.hypot(mx, my) / (height * 0.062);
    colour = mix(colour, [250, 240, 220], 0.35 * Math.exp(-(moon ** 2) / 5));
    const crater = 0.8 + 0.32 * (fbm(mx * 0.055 + 9, my * 0.055 + 3, 4) - 0.4);
    colour = mix(colour, [252 * crater, 246 * crater, 230 * crater], 1 - smooth(0.97, 1.03, moon));
    for (const [sx, sy, brightness] of stars) {
      const d = (x - sx) ** 2 + (y - sy) ** 2;
      if (d < 9) colour = mix(colour, [255, 250, 240], brightness * Math.exp(-d * 1.3) * (1 - v));
    }
    for (let ridge = 0; ridge < 5; ridge++) {
      const top =
        0.5 + ridge * 0.098 + (0.34 - ridge * 0.045) * (0.55 - fbm(u * (2.1 + ridge * 1.3) + ridge * 17, 0.5, 6));
      if (v < top) continue;
      const near = ridge / 4;
      const rock = fbm(u * 26 + ridge * 5, v * 26, 4) - 0.5;
      const body = mix([126, 92, 124], [12, 20, 34], near ** 0.8);
      colour = mix(
        mix(body, [228, 150, 122], (1 - near) * 0.55 * smooth(0, 0.5, v - top)),
        [255, 190, 150],
        rock * 0.22,
      );
    }
    return colour;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let colour: Colour;
      if (y < shore) {
        colour = scene(x, y);
      } else {
        const depth = (y - shore) / (height - shore);
        const wave = (fbm(x * 0.012, y * 0.13 + 40, 4) - 0.5) * (4 + 46 * depth);
        const mirrored = Math.max(0, shore - 1 - (y - shore) * 1.55 + wave * 0.7);
        colour = mix(scene(x + wave * 0.35, mirrored), [10, 20, 44], 0.3 + 0.34 * depth);
        colour = mix(colour, [255, 226, 190], 0.3 * smooth(0.62, 0.78, fbm(x * 0.02, y * 0.32, 4)) * (1 - depth));
      }
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) data[at + c] = Math.max(0, Math.min(255, Math.round(colour[c]!)));
    }
  }
  return { width, height, channels: 3, depth: 8, data };
}

/** A height map, as digital elevation models have: more steps than eight bits hold. */
function paintRelief(width: number, height: number): Painting {
  const data = new Uint16Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / 90, y / 90];
      const bend = fbm(u + 5, v + 2, 3);
      const ridges = 1 - Math.abs(2 * fbm(u + bend * 1.4, v + bend, 6) - 1);
      const cone = Math.exp(-(((x - width * 0.6) / 52) ** 2) - ((y - height * 0.45) / 44) ** 2);
      const hole = Math.exp(-(((x - width * 0.6) / 11) ** 2) - ((y - height * 0.45) / 10) ** 2);
      data[y * width + x] = Math.round(
        Math.max(0, Math.min(1, 0.1 + 0.45 * ridges ** 2 + 0.5 * cone - 0.3 * hole)) * 65535,
      );
    }
  }
  return { width, height, channels: 1, depth: 16, data };
}

function mix(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

function smooth(from: number, to: number, x: number): number {
  const t = Math.max(0, Math.min(1, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Fractal noise in 0..1: octaves of value noise, each half as strong as the one before. */
function fbm(x: number, y: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  for (let o = 0; o < octaves; o++) {
    sum += weight * noise(x + o * 31.7, y + o * 17.3);
    x *= 2;
    y *= 2;
    weight /= 2;
  }
  return sum / (1 - weight * 2);
}

function makeNoise(seed: number): (x: number, y: number) => number {
  const random = randomFrom(seed);
  const lattice = Float64Array.from({ length: 4096 }, () => random.next());
  const at = (x: number, y: number): number => lattice[(Math.imul(x, 73) + Math.imul(y, 1579)) & 4095]!;
  return (x, y) => {
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const [tx, ty] = [smooth(0, 1, x - x0), smooth(0, 1, y - y0)];
    const top = at(x0, y0) + (at(x0 + 1, y0) - at(x0, y0)) * tx;
    const bottom = at(x0, y0 + 1) + (at(x0 + 1, y0 + 1) - at(x0, y0 + 1)) * tx;
    return top + (bottom - top) * ty;
  };
}
