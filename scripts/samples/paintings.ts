/**
 * The pictures that the project ships as samples, painted from nothing but arithmetic: whoever wants one larger or smaller
 * asks for another size.
 */
import { randomFrom } from '../../test/support/random.ts';

type Colour = readonly [number, number, number];

/** A painted picture, samples interleaved. */
export interface Painting {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
}

const noise = makeNoise(7);

/** A lake at dusk: sky, moon and stars, five ridges that fade with distance, and their reflection. */
export function paintLake(width: number, height: number): Painting {
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
  return { width, height, channels: 3, data };
}

/** A height map, as digital elevation models have: more steps than eight bits hold. */
export function paintRelief(width: number, height: number): Painting {
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
  return { width, height, channels: 1, data };
}

/** Hills, a lake and snow from above, in the light of an afternoon: what an aerial survey brings home. */
export function paintHighlands(width: number, height: number): Painting {
  const data = new Uint8Array(width * height * 3);
  const scale = 640;
  const row = (y: number): Float64Array =>
    Float64Array.from({ length: width + 1 }, (_, x) => {
      const [u, v] = [x / scale, y / scale];
      const bend = fbm(u * 0.7 + 3, v * 0.7 + 8, 3) - 0.5;
      return 0.62 * (1 - Math.abs(2 * fbm(u + bend, v - bend, 7) - 1)) + 0.38 * fbm(u * 0.4 + 21, v * 0.4 + 5, 4);
    });
  let above = row(0);
  for (let y = 0; y < height; y++) {
    const heights = row(y + 1);
    for (let x = 0; x < width; x++) {
      const h = heights[x]!;
      const slope = (heights[x + 1]! - h + h - above[x]!) * scale;
      const light = Math.max(0.25, Math.min(1.5, 0.92 + slope * 0.16));
      const [u, v] = [x / 46, y / 46];
      const wood = smooth(0.46, 0.56, fbm(u * 0.3 + 60, v * 0.3, 4)) * (1 - smooth(0.72, 0.84, h));
      let colour = mix([128, 132, 76], [168, 148, 104], smooth(0.5, 0.76, h));
      colour = mix(colour, [40, 66, 40], wood * (0.6 + 0.4 * fbm(u * 4, v * 4, 3)));
      colour = mix(colour, [142, 134, 126], smooth(0.74, 0.86, h));
      colour = mix(colour, [246, 248, 252], smooth(0.86, 0.9, h + 0.08 * (fbm(u, v, 3) - 0.5)));
      const shore = smooth(0.43, 0.445, h);
      const water = mix([18, 52, 84], [58, 118, 128], smooth(0.3, 0.44, h));
      const grain = 0.94 + 0.12 * noise(x * 0.9, y * 0.9);
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) {
        const value = (water[c]! * (1 - shore) + colour[c]! * light * shore) * grain;
        data[at + c] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
    above = heights;
  }
  return { width, height, channels: 3, data };
}

/** A balloon before nothing: red, green, blue and an opacity that ends softly. */
export function paintBalloon(width: number, height: number): Painting {
  const data = new Uint8Array(width * height * 4);
  const radius = Math.min(width, height * 0.72) * 0.46;
  const [cx, cy] = [width / 2, radius * 1.06];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [(x + 0.5 - cx) / radius, (y + 0.5 - cy) / radius];
      // below the equator the envelope runs to a point
      const girth = v < 0 ? Math.sqrt(Math.max(0, 1 - v * v)) : Math.max(0, 1 - (v / 1.32) ** 2) ** 0.8;
      const inside = v < 1.32 ? (girth - Math.abs(u)) * radius : -1;
      const across = girth > 0 ? Math.max(-1, Math.min(1, u / girth)) : 0;
      const gore = Math.floor((Math.asin(across) / Math.PI + 0.5) * 12);
      const light = 0.55 + 0.5 * Math.sqrt(1 - across * across) - 0.22 * across - 0.2 * v;
      const cloth = gore % 3 === 0 ? [232, 196, 92] : gore % 3 === 1 ? [196, 62, 54] : [238, 228, 208];
      const basket = Math.abs(u) < 0.1 && v > 1.5 && v < 1.68;
      const rope = v > 1.2 && v <= 1.5 && Math.abs(Math.abs(u) - 0.08 - (1.5 - v) * 0.1) * radius < 0.9;
      const opacity = basket ? 1 : rope ? 0.8 : smooth(-0.7, 0.7, inside);
      const body = basket ? [96, 66, 40] : rope ? [60, 56, 52] : cloth;
      const weave = 0.97 + 0.06 * noise(x * 0.7, y * 0.7);
      const at = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) {
        const value = opacity === 0 ? 0 : body[c]! * (basket || rope ? 1 : light) * weave;
        data[at + c] = Math.max(0, Math.min(255, Math.round(value)));
      }
      data[at + 3] = Math.round(opacity * 255);
    }
  }
  return { width, height, channels: 4, data };
}

/** The relief as a map of eight heights, each in four shades: indices into {@link LAND_COLOURS}. */
export function paintLandMap(width: number, height: number): Painting {
  const relief = paintRelief(width + 1, height + 1).data;
  const at = (x: number, y: number): number => relief[y * (width + 1) + x]! / 65535;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const band = Math.min(7, Math.floor(at(x, y) * 9));
      const slope = (at(x + 1, y) - at(x, y) + at(x, y + 1) - at(x, y)) * 40;
      data[y * width + x] = band * 4 + Math.max(0, Math.min(3, Math.floor(2 + slope)));
    }
  }
  return { width, height, channels: 1, data };
}

/** Red, green and blue of the 32 entries of the map's palette. */
export const LAND_COLOURS: readonly Uint8Array[] = [0, 1, 2].map((c) =>
  Uint8Array.from({ length: 32 }, (_, k) => {
    const band = [
      [62, 110, 92],
      [106, 146, 96],
      [164, 178, 112],
      [214, 200, 136],
      [206, 168, 110],
      [176, 128, 92],
      [160, 146, 140],
      [238, 238, 240],
    ][k >> 2]!;
    return Math.round(Math.min(255, band[c]! * (0.76 + 0.1 * (k & 3))));
  }),
);

/** Luma and, at half the width and height, chroma (sYCC, IEC 61966-2-1 Amendment 1) of an RGB picture of even size. */
export function toYcc420({ width, height, data }: Painting): Uint8Array[] {
  const [halfWidth, halfHeight] = [width >> 1, height >> 1];
  const luma = new Uint8Array(width * height);
  const [blue, red] = [new Float64Array(halfWidth * halfHeight), new Float64Array(halfWidth * halfHeight)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [r, g, b] = data.subarray((y * width + x) * 3) as unknown as Colour;
      const value = 0.299 * r + 0.587 * g + 0.114 * b;
      luma[y * width + x] = Math.round(value);
      const at = (y >> 1) * halfWidth + (x >> 1);
      blue[at] = blue[at]! + (b - value) / (4 * 1.772);
      red[at] = red[at]! + (r - value) / (4 * 1.402);
    }
  }
  const chroma = (plane: Float64Array): Uint8Array =>
    Uint8Array.from(plane, (value) => Math.max(0, Math.min(255, Math.round(value + 128))));
  return [luma, chroma(blue), chroma(red)];
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
