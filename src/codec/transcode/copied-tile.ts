/**
 * A tile whose packets are copied as they are, header and body, into another order.
 *
 * Only their lengths are kept in memory. The packets themselves are brought in when their turn comes, as many at once as make a good
 * read, so that a tile of many gigabytes goes through a few megabytes.
 */
import { Jpeg2000Error } from '../errors.ts';
import { numPrecinctsOf, type TileComponentGeometry } from '../geometry/tile-component.ts';
import type { PacketOrder } from '../packets/arrangement.ts';
import type { ComponentSelection, PacketEnds, PrecinctPlan, PrecinctRect } from '../packets/precinct-source.ts';
import { EMPTY_PACKET } from '../packets/tile-layout.ts';
import type { TranscodePlan } from './headers.ts';
import {
  inOrder,
  type OpenTile,
  orderOf,
  type PacketNumbers,
  type PacketRun,
  type TilePair,
  wholeTile,
} from './open-tile.ts';
import { endsOf, loaded, type TranscodeWork } from './work.ts';

/** Opens a tile for copying. */
export function* openCopiedTile(plan: TranscodePlan, pair: TilePair): TranscodeWork<OpenTile> {
  const { source, result } = pair;
  const { order, numbers } = orderOf(plan, result);
  const headers = new Int32Array(numbers.count);
  const bodies = new Int32Array(numbers.count);
  let complete = pair.ends.tile(pair.number) !== undefined;
  if (source) {
    const ends = yield* endsOf(wholeTile(plan, source));
    complete = takeLengths(plan, pair, ends, numbers, headers, bodies);
  }
  const { headerLengths, bodyLengths } = inOrder(result, order, numbers, headers, bodies);
  const held = headerLengths.slice();
  // B.10.3: where the source has no packet an empty one stands, which is a byte
  let madeUp = 0;
  for (let k = 0; k < order.count; k++) {
    if (headerLengths[k] > 0) continue;
    headerLengths[k] = EMPTY_PACKET.length;
    madeUp++;
  }
  return {
    geometry: result,
    arrangement: pair.arrangement,
    order,
    headerLengths,
    bodyLengths,
    complete,
    madeUp,
    packets: (from, to) => bringIn(plan, pair, order, held, bodyLengths, from, to),
  };
}

/** Notes the lengths of everything the source has. False when it has not all. */
function takeLengths(
  plan: TranscodePlan,
  { number, result, source }: TilePair,
  ends: PacketEnds,
  numbers: PacketNumbers,
  headers: Int32Array,
  bodies: Int32Array,
): boolean {
  let complete = true;
  const numLayers = Math.min(result.header.cod.numLayers, source!.header.cod.numLayers);
  for (const { component: c, geometry } of result.components) {
    const component = plan.components[c];
    for (const { r } of geometry.resolutions) {
      const count = numPrecinctsOf(geometry.resolutions[r]);
      for (let precinct = 0; precinct < count; precinct++) {
        const lengths = ends.get({ tile: number, component, resolution: r, precinct });
        const held = Math.min(lengths?.headers.length ?? 0, numLayers);
        if (held < numLayers && !lengths?.complete) complete = false;
        for (let layer = 0; layer < held; layer++) {
          const n = numbers.of(c, r, precinct, layer);
          headers[n] = lengths!.headers[layer];
          bodies[n] = lengths!.bodies[layer];
        }
      }
    }
  }
  return complete;
}

/** Brings in a run of packets. `held` are their header lengths in the source, 0 for those it lacks. */
function* bringIn(
  plan: TranscodePlan,
  { number, source }: TilePair,
  order: PacketOrder,
  held: Int32Array,
  bodyLengths: Int32Array,
  from: number,
  to: number,
): TranscodeWork<PacketRun> {
  const headers: Uint8Array[] = new Array(to - from);
  const bodies: Uint8Array[] = new Array(to - from);
  const wanted = new WantedPackets(plan, order, held);
  let k = from;
  while (k < to) {
    // one thing to load is enough but where the order jumps about, as after POC
    let end = k + 1;
    wanted.begin(k);
    while (end < to && wanted.add(end)) end++;
    const snapshot =
      source && !wanted.isEmpty
        ? yield* loaded(
            wanted.toPlan(
              source.components.map((c) => c.geometry),
              number,
            ),
          )
        : undefined;
    for (; k < end; k++) {
      if (held[k] === 0) {
        headers[k - from] = EMPTY_PACKET;
        bodies[k - from] = NO_BYTES;
        continue;
      }
      const key = {
        tile: number,
        component: plan.components[order.component[k]],
        resolution: order.resolution[k],
        precinct: order.precinct[k],
      };
      const view = snapshot?.packet(key, order.layer[k]);
      const header = (view?.header ?? view?.body)?.subarray(0, held[k]);
      // what stands between a header in line and its body is EPH
      const body = view?.body.subarray(view.body.length - bodyLengths[k]);
      if (header?.length !== held[k] || body?.length !== bodyLengths[k]) {
        throw new Jpeg2000Error(
          'malformed',
          'source-changed',
          `a packet of tile ${number} is not what it was a moment ago`,
        );
      }
      headers[k - from] = header;
      bodies[k - from] = body;
    }
  }
  return { headers, bodies };
}

/** Packets of one component and resolution level that are wanted: a run of precincts in raster order, and of layers. */
interface WantedRun {
  first: number;
  end: number;
  firstLayer: number;
  endLayer: number;
}

/** A set of packets, growing in the order of a progression, as long as few others lie between them. */
class WantedPackets {
  private readonly plan: TranscodePlan;
  private readonly order: PacketOrder;
  private readonly held: Int32Array;
  private readonly runs = new Map<number, WantedRun>();
  /** Packets wanted, and packets inside the runs. */
  private wanted = 0;
  private inside = 0;

  constructor(plan: TranscodePlan, order: PacketOrder, held: Int32Array) {
    this.plan = plan;
    this.order = order;
    this.held = held;
  }

  get isEmpty(): boolean {
    return this.wanted === 0;
  }

  /** Begins anew with packet k. */
  begin(k: number): void {
    this.runs.clear();
    this.wanted = 0;
    this.inside = 0;
    this.add(k);
  }

  /** Takes packet k in, unless that would bring in too many others. */
  add(k: number): boolean {
    if (this.held[k] === 0) return true;
    const { order } = this;
    const key = this.plan.components[order.component[k]] * 33 + order.resolution[k];
    const precinct = order.precinct[k];
    const layer = order.layer[k];
    const run = this.runs.get(key);
    if (run === undefined) {
      this.runs.set(key, { first: precinct, end: precinct + 1, firstLayer: layer, endLayer: layer + 1 });
      this.wanted++;
      this.inside++;
      return true;
    }
    const first = Math.min(run.first, precinct);
    const end = Math.max(run.end, precinct + 1);
    const firstLayer = Math.min(run.firstLayer, layer);
    const endLayer = Math.max(run.endLayer, layer + 1);
    const grown = (end - first) * (endLayer - firstLayer) - (run.end - run.first) * (run.endLayer - run.firstLayer);
    if (this.inside + grown > 2 * (this.wanted + 1) + MOST_BETWEEN) return false;
    run.first = first;
    run.end = end;
    run.firstLayer = firstLayer;
    run.endLayer = endLayer;
    this.wanted++;
    this.inside += grown;
    return true;
  }

  /** The set as something to ask a source for. */
  toPlan(components: readonly TileComponentGeometry[], tile: number): PrecinctPlan {
    return [...this.runs].flatMap(([key, run]) => {
      const component = Math.floor(key / 33);
      const r = key % 33;
      const { numPrecinctsWide } = components[component].resolutions[r];
      return rectsOf(run, numPrecinctsWide).map((rect) => {
        const resolutions: ComponentSelection['resolutions'] = [...new Array(r).fill(undefined), rect];
        return {
          tile,
          components: [{ component, resolutions }],
          layers: run.endLayer,
          fromLayer: run.firstLayer,
        };
      });
    });
  }
}

/** Packets that may lie between those that are wanted, whatever their number. */
const MOST_BETWEEN = 64;

/** A run of precincts in raster order as rectangles: the rest of a row, whole rows, the beginning of a row. */
function rectsOf({ first, end }: WantedRun, wide: number): PrecinctRect[] {
  const x0 = first % wide;
  const y0 = Math.floor(first / wide);
  const x1 = end % wide;
  const y1 = Math.floor(end / wide);
  if (y0 === y1) return [{ x0, y0, x1, y1: y0 + 1 }];
  const rects: PrecinctRect[] = [];
  const whole = x0 === 0 ? y0 : y0 + 1;
  if (x0 > 0) rects.push({ x0, y0, x1: wide, y1: y0 + 1 });
  if (y1 > whole) rects.push({ x0: 0, y0: whole, x1: wide, y1 });
  if (x1 > 0) rects.push({ x0: 0, y0: y1, x1, y1: y1 + 1 });
  return rects;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);
