/**
 * A map of a country that does not exist, from nothing but arithmetic: sea, hills, woods and snow from afar, and, coming closer, fields,
 * villages with streets and roofs, single trees, boats, and a grid with labels at several scales.
 *
 * Everything is a function of the place, so that rows can be painted in any order and by several workers. Shapes that are larger than a
 * few points are worked out on a coarse grid and interpolated.
 */
import { hasInk } from './glyphs.mjs';

/** Distance of the places for which the coarse fields are worked out. */
const COARSE = 8;
/** Points to one period of the largest shapes, at full size. */
const SCALE = 2600;
const SEA = 0.46;
const CELL = 384;
const GRID = 1024;

const TABLE = makeTable(2026);

/** Paints the rows `from` to `to` of a map of `side` x `side` points: red, green and blue, interleaved. */
export function paintRows(side, from, to) {
  // clamped, because light may go beyond white
  const rows = new Uint8ClampedArray((to - from) * side * 3);
  // a smaller map shows the same country from further away
  const zoom = 8192 / side;
  const columns = Math.ceil(side / COARSE) + 2;
  let above = coarseRow(Math.floor((from - 1) / COARSE), columns, zoom);
  let below = coarseRow(Math.floor((from - 1) / COARSE) + 1, columns, zoom);
  let coarseY = Math.floor((from - 1) / COARSE);
  let before = new Float32Array(side + 1);
  let heights = new Float32Array(side + 1);
  const wet = new Float32Array(side + 1);
  const field = new Float32Array(side + 1);
  for (let y = from - 1; y < to; y++) {
    if (Math.floor(y / COARSE) !== coarseY) {
      coarseY = Math.floor(y / COARSE);
      above = below;
      below = coarseRow(coarseY + 1, columns, zoom);
    }
    [before, heights] = [heights, before];
    const fy = y / COARSE - coarseY;
    for (let x = 0; x <= side; x++) {
      const k = Math.floor(x / COARSE);
      const fx = x / COARSE - k;
      const at = (plane) => {
        const top = plane[0][k] + (plane[0][k + 1] - plane[0][k]) * fx;
        return top + (plane[1][k] + (plane[1][k + 1] - plane[1][k]) * fx - top) * fy;
      };
      const [u, v] = [x * zoom, y * zoom];
      const detail = noise(u / 23, v / 23) - 0.5 + 0.5 * (noise(u / 9.1, v / 9.1) - 0.5);
      const h = at([above.height, below.height]);
      heights[x] = h + detail * 0.012 * Math.min(1, Math.max(0.06, (h - SEA) * 9));
      wet[x] = at([above.wet, below.wet]);
      field[x] = at([above.field, below.field]);
    }
    if (y >= from) paintRow(rows.subarray((y - from) * side * 3), side, y, zoom, before, heights, wet, field);
  }
  return new Uint8Array(rows.buffer);
}

/** Heights, moisture and farmland along one line of the coarse grid. */
function coarseRow(row, columns, zoom) {
  const result = {
    height: new Float32Array(columns),
    wet: new Float32Array(columns),
    field: new Float32Array(columns),
  };
  const v = (row * COARSE * zoom) / SCALE;
  for (let k = 0; k < columns; k++) {
    const u = (k * COARSE * zoom) / SCALE;
    const bend = fbm(u * 1.3 + 3, v * 1.3 + 8, 4) - 0.5;
    const ridge = 1 - Math.abs(2 * fbm(u * 1.5 + bend + 31, v * 1.5 - bend + 5, 7) - 1);
    const land = fbm(u * 0.62 + 11.3 + bend * 0.5, v * 0.62 + 2.7, 5);
    result.height[k] = 0.78 * land + 0.4 * ridge ** 2 * smooth(0.44, 0.8, land) + 0.06 * ridge;
    result.wet[k] = fbm(u * 3.1 + 60, v * 3.1 + 7, 5);
    result.field[k] = fbm(u * 2.2 + 90, v * 2.2 + 41, 3);
  }
  return result;
}

function paintRow(out, side, y, zoom, before, heights, wet, field) {
  const v = y * zoom;
  for (let x = 0; x < side; x++) {
    const u = x * zoom;
    const h = heights[x];
    const slope = ((heights[x + 1] - h + h - before[x]) * 620) / zoom;
    const light = Math.max(0.42, Math.min(1.45, 0.95 + slope * 0.34));
    const grain = 0.95 + 0.1 * noise(u * 0.83, v * 0.83);
    let colour = h < SEA ? water(u, v, h) : ground(u, v, h, wet[x], field[x], zoom);
    colour = mark(u, v, h, colour, light * grain, zoom);
    out.set(colour, x * 3);
  }
}

function water(u, v, h) {
  const depth = smooth(SEA, SEA - 0.14, h);
  const wave = noise(u / 5.5 + 0.6 * noise(u / 40, v / 40), v / 2.6) - 0.5;
  const foam = smooth(SEA - 0.006, SEA - 0.001, h + 0.004 * (noise(u / 14, v / 14) - 0.5));
  let colour = mix([74, 150, 158], [16, 46, 92], depth ** 0.7);
  colour = mix(colour, [236, 244, 240], foam * 0.7);
  return colour.map((value) => value * (1 + wave * 0.09));
}

function ground(u, v, h, wet, field, zoom) {
  const height = h - SEA;
  let colour = mix([196, 186, 138], [132, 146, 78], smooth(0.004, 0.018, height));
  colour = mix(colour, [164, 150, 104], smooth(0.12, 0.24, height));
  const farmed = smooth(0.5, 0.56, field) * smooth(0.012, 0.02, height) * (1 - smooth(0.11, 0.15, height));
  if (farmed > 0.5) colour = farmland(u, v);
  const wood = smooth(0.5, 0.54, wet) * smooth(0.01, 0.03, height) * (1 - smooth(0.2, 0.27, height)) * (1 - farmed);
  if (wood > 0.02) colour = trees(u, v, colour, wood, zoom);
  colour = mix(colour, [142, 134, 128], smooth(0.22, 0.32, height + 0.03 * (noise(u / 60, v / 60) - 0.5)));
  return mix(colour, [248, 250, 254], smooth(0.31, 0.35, height + 0.05 * (noise(u / 31, v / 31) - 0.5)));
}

/** Fields of some crops, each ploughed in its own direction. */
function farmland(u, v) {
  const [a, b] = [u * 0.94 + v * 0.34, v * 0.94 - u * 0.34];
  const row = Math.floor(b / 96);
  const column = Math.floor((a + 61 * hash(row, 3)) / (88 + 70 * hash(row, 9)));
  const crop = hash(column, row);
  const colour = CROPS[Math.floor(crop * CROPS.length)];
  const along = crop > 0.5 ? a : b;
  const furrow = Math.sin(along * 1.7) * 0.05;
  const [da, db] = [(a + 61 * hash(row, 3)) % (88 + 70 * hash(row, 9)), ((b % 96) + 96) % 96];
  if (db < 2.2 || Math.abs(da) < 2.2) return [110, 116, 70];
  return colour.map((value) => value * (1 + furrow));
}

const CROPS = [
  [176, 172, 92],
  [206, 186, 104],
  [128, 154, 74],
  [150, 128, 86],
  [98, 136, 68],
  [218, 204, 132],
];

/** Trees one by one, with their shadows; further away they melt into a wood. */
function trees(u, v, below, wood, zoom) {
  if (zoom > 3) return mix(below, [42, 70, 42], wood * 0.85);
  const size = 7;
  let colour = mix(below, [52, 74, 42], wood * 0.75);
  const [cx, cy] = [Math.floor(u / size), Math.floor(v / size)];
  for (let j = cy - 1; j <= cy + 1; j++) {
    for (let i = cx - 1; i <= cx + 1; i++) {
      const kind = hash(i, j);
      if (kind > wood * 1.1) continue;
      const dx = u - (i + 0.2 + 0.6 * hash(i + 77, j)) * size;
      const dy = v - (j + 0.2 + 0.6 * hash(i, j + 77)) * size;
      const radius = size * (0.36 + 0.26 * hash(i + 5, j + 9));
      const distance = Math.sqrt(dx * dx + dy * dy);
      if (distance < radius) {
        const lit = 0.75 - (0.4 * (dx + dy)) / radius;
        const tone = kind * 3 < wood ? [70, 100, 48] : [46, 84, 46];
        colour = mix(
          colour,
          tone.map((value) => value * lit),
          smooth(radius, radius - 1.4, distance),
        );
      }
    }
  }
  return colour;
}

/** What people made: villages, boats, and the grid of the map. */
function mark(u, v, h, colour, light, zoom) {
  let lit = light;
  const village = villageAt(u, v, h);
  if (village) {
    colour = village;
    lit = 0.96 + (light - 0.96) * 0.3;
  } else if (h < SEA - 0.012) {
    const boat = boatAt(u, v);
    if (boat) colour = boat;
  }
  let result = colour.map((value) => value * (h < SEA ? 1 : lit));
  const height = h - SEA;
  if (height > 0.02) {
    const step = (height / 0.03) % 1;
    const line = 1 - smooth(0, 0.016 * Math.max(1, zoom), Math.min(step, 1 - step));
    result = mix(result, [70, 52, 40], line * 0.22);
  }
  return label(u, v, result, zoom);
}

/** Streets and roofs around the middle of some cells. */
function villageAt(u, v, h) {
  if (h < SEA + 0.008 || h > SEA + 0.16) return undefined;
  const [i, j] = [Math.floor(u / CELL), Math.floor(v / CELL)];
  const kind = hash(i + 400, j + 11);
  if (kind > 0.2) return undefined;
  const [x0, y0] = [(i + 0.3 + 0.4 * hash(i, j + 5)) * CELL, (j + 0.3 + 0.4 * hash(i + 5, j)) * CELL];
  const turn = hash(i + 2, j + 2) * 1.5;
  const [s, c] = [Math.sin(turn), Math.cos(turn)];
  const [dx, dy] = [u - x0, v - y0];
  const reach = 60 + kind * 320 + 22 * (noise(u / 30, v / 30) - 0.5);
  if (dx * dx + dy * dy > reach * reach) return undefined;
  const [a, b] = [dx * c + dy * s + 4096, dy * c - dx * s + 4096];
  const [da, db] = [a % 34, b % 26];
  if (da < 4 || db < 4) return [168, 162, 152];
  const [m, n] = [Math.floor(a / 34), Math.floor(b / 26)];
  const half = da < 19 ? 0 : 1;
  const [ha, hb] = [(da - 4) % 15, db - 4];
  const house = hash(m * 2 + half + i * 31, n + j * 17);
  const [w, d] = [8 + 4 * hash(m + half, n + 3), 9 + 8 * hash(m, n + half)];
  if (house < 0.82 && ha > 1.5 && ha < w && hb > 2.5 && hb < d) {
    const roof = ROOFS[Math.floor(house * 7.3) % ROOFS.length];
    const ridge = hb < (d + 2.5) / 2 ? 1.14 : 0.84;
    return roof.map((value) => value * ridge);
  }
  if (house < 0.82 && ha > 2.5 && ha < w + 2 && hb > 3.5 && hb < d + 2) return [70, 82, 58];
  return [112, 142, 78].map((value) => value * (0.9 + 0.2 * noise(u / 3, v / 3)));
}

const ROOFS = [
  [186, 84, 60],
  [168, 96, 76],
  [206, 120, 84],
  [132, 128, 132],
  [198, 172, 140],
];

function boatAt(u, v) {
  const size = 230;
  const [i, j] = [Math.floor(u / size), Math.floor(v / size)];
  if (hash(i + 900, j + 900) > 0.14) return undefined;
  const turn = hash(i, j + 1) * 6.28;
  const [dx, dy] = [u - (i + 0.5) * size, v - (j + 0.5) * size];
  const [a, b] = [dx * Math.cos(turn) + dy * Math.sin(turn), dy * Math.cos(turn) - dx * Math.sin(turn)];
  const width = 4.5 * Math.sqrt(Math.max(0, 1 - (a / 12) ** 2));
  if (Math.abs(a) < 12 && Math.abs(b) < width) return Math.abs(b) < width - 1.3 ? [222, 206, 180] : [120, 70, 50];
  const wake = -a - 12;
  if (wake > 0 && wake < 80 && Math.abs(Math.abs(b) - 2 - wake * 0.16) < 1.2) {
    return mix([226, 238, 238], [60, 120, 150], wake / 80);
  }
  return undefined;
}

/** Lines and labels of the grid: squares of 1024 points, and small marks at every 128. */
function label(u, v, colour, zoom) {
  const [x, y] = [u % GRID, v % GRID];
  if (x < 1.5 * zoom || y < 1.5 * zoom) return mix(colour, [255, 255, 255], 0.34);
  const text = `${String.fromCharCode(65 + (Math.floor(u / GRID) % 26))}${Math.floor(v / GRID) + 1}`;
  const size = 5 * Math.max(1, zoom / 2);
  const [lx, ly] = [Math.floor((x - 22) / size), Math.floor((y - 22) / size)];
  if (hasInk(text, lx, ly)) return [255, 250, 236];
  if (hasInk(text, lx - (x - 22 < size ? 1 : 0), Math.floor((y - 22 - size * 0.4) / size)))
    return mix(colour, [20, 24, 40], 0.6);
  if (zoom > 1) return colour;
  const [sx, sy] = [u % 128, v % 128];
  if ((sx < 7 && sy < 1) || (sy < 7 && sx < 1)) return mix(colour, [255, 255, 255], 0.4);
  const place = `${Math.floor(u / 128)}X${Math.floor(v / 128)}`;
  return hasInk(place, Math.floor(sx - 5), Math.floor(sy - 5)) ? mix(colour, [255, 255, 255], 0.6) : colour;
}

function fbm(x, y, octaves) {
  let [sum, weight, total] = [0, 0.5, 0];
  for (let k = 0; k < octaves; k++) {
    sum += weight * noise(x, y);
    total += weight;
    weight *= 0.5;
    // each octave is turned against the last, or the grid of the noise would show
    [x, y] = [1.62 * x + 1.2 * y + 17.7, 1.62 * y - 1.2 * x + 9.2];
  }
  return sum / total;
}

/** Smooth noise between 0 and 1 with values at whole places. */
function noise(x, y) {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - i, y - j];
  const [sx, sy] = [fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)];
  const r0 = TABLE[j & 255];
  const r1 = TABLE[(j + 1) & 255];
  const a = VALUES[TABLE[(i + r0) & 255]];
  const b = VALUES[TABLE[(i + 1 + r0) & 255]];
  const c = VALUES[TABLE[(i + r1) & 255]];
  const d = VALUES[TABLE[(i + 1 + r1) & 255]];
  const top = a + (b - a) * sx;
  return top + (c + (d - c) * sx - top) * sy;
}

/** A number between 0 and 1 for a place on a grid, without any pattern that shows. */
function hash(i, j) {
  let h = Math.imul(i ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(j + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

function mix(a, b, t) {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

function smooth(from, to, x) {
  const t = Math.max(0, Math.min(1, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

function makeTable(seed) {
  const table = Uint8Array.from({ length: 256 }, (_, k) => k);
  for (let k = 255; k > 0; k--) {
    const other = Math.floor(hash(k, seed) * (k + 1));
    [table[k], table[other]] = [table[other], table[k]];
  }
  return table;
}

const VALUES = Float64Array.from({ length: 256 }, (_, k) => k / 255);
