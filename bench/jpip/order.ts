/**
 * Which order of delivery gives the best picture for any number of bytes: `npm run bench:jpip-order -- [--update]`.
 *
 * A window of a photograph is taken from the server; its data are put into other orders, each is cut at the same numbers of bytes, and the
 * window is decoded from what is there. One file has six quality layers, the other a single lossless one.
 */
import { parseArgs } from 'node:util';
import { decode, encodeSync, type EncodeOptions } from '../../src/index.ts';
import type { DataPiece } from '../../src/jpip/wire/message.ts';
import { ask, engineOver, StrictCache } from '../../test/support/jpip-server.ts';
import { photographs } from '../support/streams.ts';
import { describeMachine, markdownTable, updateDocument } from '../support/table.ts';

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });

const SIDE = 1024;
const REGION = { x: 300, y: 260, width: 512, height: 512 };
const SHARES = [0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8];

/** A message with what its place in other orders depends on. */
interface Placed {
  readonly piece: DataPiece;
  readonly resolution: number;
  readonly layer: number;
}

const ORDERS: Readonly<Record<string, (a: Placed, b: Placed) => number>> = {
  'layer, then resolution (as served)': (a, b) => a.layer - b.layer || a.resolution - b.resolution,
  'resolution, then layer': (a, b) => a.resolution - b.resolution || a.layer - b.layer,
  'one precinct after the other': (a, b) => a.piece.id - b.piece.id || a.layer - b.layer,
};

const data = photographs(SIDE, SIDE);
const common: EncodeOptions = { levels: 5, precincts: [{ width: 128, height: 128 }], progression: 'RPCL' };
const text = [describeMachine()];
for (const [name, options] of [
  ['six layers, 9/7, 3 bits a pixel', { ...common, layers: 6, rate: { bpp: 3 } }],
  ['one lossless layer', { ...common }],
] as const) {
  const file = encodeSync({ width: SIDE, height: SIDE, channels: 3, data }, options).data;
  text.push(`**${name}**`, markdownTable(await curves(file)));
}
console.log(text.join('\n\n'));
if (values.update) updateDocument('jpip-order', text.join('\n\n'));

async function curves(file: Uint8Array): Promise<string[][]> {
  const { x, y, width, height } = REGION;
  const query = `target=x&fsiz=${SIDE},${SIDE}&roff=${x},${y}&rsiz=${width},${height}&type=jpp-stream;ptype=ext`;
  const { pieces } = await ask(engineOver({ x: file }), query);
  const whole = new StrictCache();
  for (const piece of pieces) whole.take(piece);
  const original = await decode(file, { region: REGION, colour: 'native', layout: 'planar' });
  const heads = pieces.filter(({ classId }) => classId > 1);
  const placed = placesOf(pieces.filter(({ classId }) => classId < 2));
  const total = placed.reduce((sum, { piece }) => sum + piece.length, 0);
  const rows = [['share of the bytes', ...Object.keys(ORDERS)]];
  const columns = await Promise.all(
    Object.values(ORDERS).map((order) => psnrs(heads, [...placed].sort(order), total, original.planes!)),
  );
  for (const [k, share] of SHARES.entries())
    rows.push([`${Math.round(share * 100)} %`, ...columns.map((column) => column[k]!.toFixed(1))]);
  return rows;
}

/** Resolution levels by how often a precinct number goes round, layers by Aux. */
function placesOf(pieces: readonly DataPiece[]): Placed[] {
  const before = new Map<number, number>();
  return pieces.map((piece) => {
    const layer = before.has(piece.id) ? piece.aux! - 1 : 0;
    before.set(piece.id, piece.aux!);
    return { piece, layer, resolution: resolutionOf(Math.floor(piece.id / 3)) };
  });
}

/** The picture is one tile of 1024 x 1024 in precincts of 128, with five levels. */
function resolutionOf(s: number): number {
  let rest = s;
  for (let r = 0; ; r++) {
    const count = Math.ceil((SIDE >> (5 - r)) / 128) ** 2;
    if (rest < count) return r;
    rest -= count;
  }
}

async function psnrs(
  heads: readonly DataPiece[],
  order: readonly Placed[],
  total: number,
  original: readonly { readonly data: ArrayLike<number> }[],
): Promise<number[]> {
  const results: number[] = [];
  for (const share of SHARES) {
    const cache = new StrictCache();
    for (const head of heads) cache.take(head);
    let left = Math.round(share * total);
    for (const { piece } of order) {
      if (left <= 0) break;
      const length = Math.min(left, piece.length);
      const cut = length < piece.length;
      cache.take(cut ? { ...piece, length, last: false, body: piece.body.subarray(0, length) } : piece);
      left -= length;
    }
    const picture = await cache.decode({ region: REGION });
    results.push(psnr(picture.planes!, original));
  }
  return results;
}

function psnr(
  a: readonly { readonly data: ArrayLike<number> }[],
  b: readonly { readonly data: ArrayLike<number> }[],
): number {
  let error = 0;
  let count = 0;
  a.forEach(({ data: found }, c) => {
    for (let k = 0; k < found.length; k++) error += (found[k]! - b[c]!.data[k]!) ** 2;
    count += found.length;
  });
  return 10 * Math.log10((255 ** 2 * count) / error);
}
