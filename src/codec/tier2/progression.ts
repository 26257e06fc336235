/**
 * The order of packets in a tile (15444-1 B.12): five progressions, and their changes.
 *
 * The position-driven orders are defined by walking every point of the reference grid and asking which precincts begin there.
 * Here only the points where a precinct of some component and resolution level does begin are visited, in the same order.
 */
import type { Progression } from '../codestream/cod.ts';
import type { ProgressionChange } from '../codestream/poc.ts';
import { numPrecinctsOf, type ResolutionGeometry } from '../geometry/tile-component.ts';
import type { TileComponent, TileGeometry } from '../geometry/tile.ts';

/** One packet's place in the image. The same object is yielded again and again with new values. */
export interface PacketPlace {
  component: number;
  resolution: number;
  /** Raster index within the resolution level. */
  precinct: number;
  layer: number;
}

/** Packets that a POC names again are passed over; after so many a caller is asked whether to go on. */
const SKIPPED_BETWEEN_PAUSES = 1 << 16;

/**
 * The packets of a tile in codestream order. `changes` is its POC, empty for none. `undefined` comes between packets where the
 * search for the next one takes long, as a good moment to pause.
 */
export function* packetSequence(
  tile: TileGeometry,
  changes: readonly ProgressionChange[],
): Generator<PacketPlace | undefined> {
  const { cod } = tile.header;
  const place: PacketPlace = { component: 0, resolution: 0, precinct: 0, layer: 0 };
  if (changes.length === 0) {
    const all = { resolutionStart: 0, resolutionEnd: 33, componentStart: 0, componentEnd: tile.components.length };
    yield* progression(tile, { ...all, layerEnd: cod.numLayers, progression: cod.progression }, place);
    return;
  }
  // A.6.6: a packet is never sent twice, so each precinct goes on with its first layer that has not been sent
  const sent = new Map<number, Uint16Array>();
  let skipped = 0;
  for (const change of changes) {
    const bounded = {
      ...change,
      componentEnd: Math.min(change.componentEnd, tile.components.length),
      layerEnd: Math.min(change.layerEnd, cod.numLayers),
    };
    for (const p of progression(tile, bounded, place)) {
      const key = p.component * 33 + p.resolution;
      let layers = sent.get(key);
      if (layers === undefined) {
        layers = new Uint16Array(numPrecinctsOf(resolutionOf(tile, p.component, p.resolution)!));
        sent.set(key, layers);
      }
      if (p.layer !== layers[p.precinct]) {
        if (++skipped % SKIPPED_BETWEEN_PAUSES === 0) yield undefined;
        continue;
      }
      layers[p.precinct]++;
      yield p;
    }
  }
}

function resolutionOf(tile: TileGeometry, component: number, r: number): ResolutionGeometry | undefined {
  return tile.components[component].geometry.resolutions[r];
}

function* progression(tile: TileGeometry, bounds: ProgressionChange, place: PacketPlace): Generator<PacketPlace> {
  const order: Record<Progression, typeof lrcp> = { LRCP: lrcp, RLCP: rlcp, RPCL: rpcl, PCRL: pcrl, CPRL: cprl };
  const levels = Math.max(...componentsOf(tile, bounds).map((c) => c.geometry.resolutions.length), 0);
  yield* order[bounds.progression](tile, { ...bounds, resolutionEnd: Math.min(bounds.resolutionEnd, levels) }, place);
}

/** B.12.1.1: layer, resolution level, component, position. */
function* lrcp(tile: TileGeometry, b: ProgressionChange, place: PacketPlace): Generator<PacketPlace> {
  for (let l = 0; l < b.layerEnd; l++) {
    for (let r = b.resolutionStart; r < b.resolutionEnd; r++) yield* componentsAndPrecincts(tile, b, r, l, place);
  }
}

/** B.12.1.2: resolution level, layer, component, position. */
function* rlcp(tile: TileGeometry, b: ProgressionChange, place: PacketPlace): Generator<PacketPlace> {
  for (let r = b.resolutionStart; r < b.resolutionEnd; r++) {
    for (let l = 0; l < b.layerEnd; l++) yield* componentsAndPrecincts(tile, b, r, l, place);
  }
}

function* componentsAndPrecincts(
  tile: TileGeometry,
  b: ProgressionChange,
  r: number,
  l: number,
  place: PacketPlace,
): Generator<PacketPlace> {
  for (let c = b.componentStart; c < b.componentEnd; c++) {
    const resolution = resolutionOf(tile, c, r);
    if (resolution === undefined) continue;
    const n = numPrecinctsOf(resolution);
    for (let k = 0; k < n; k++) {
      place.component = c;
      place.resolution = r;
      place.precinct = k;
      place.layer = l;
      yield place;
    }
  }
}

/** B.12.1.3: resolution level, position, component, layer. */
function* rpcl(tile: TileGeometry, b: ProgressionChange, place: PacketPlace): Generator<PacketPlace> {
  const components = componentsOf(tile, b);
  for (let r = b.resolutionStart; r < b.resolutionEnd; r++) {
    yield* positions(
      components.map((c) => startsOf(tile, c, r)),
      b.layerEnd,
      place,
    );
  }
}

/** B.12.1.4: position, component, resolution level, layer. */
function* pcrl(tile: TileGeometry, b: ProgressionChange, place: PacketPlace): Generator<PacketPlace> {
  const starts: (PrecinctStarts | undefined)[] = [];
  for (const c of componentsOf(tile, b)) {
    for (let r = b.resolutionStart; r < b.resolutionEnd; r++) starts.push(startsOf(tile, c, r));
  }
  yield* positions(starts, b.layerEnd, place);
}

/** B.12.1.5: component, position, resolution level, layer. */
function* cprl(tile: TileGeometry, b: ProgressionChange, place: PacketPlace): Generator<PacketPlace> {
  for (const c of componentsOf(tile, b)) {
    const starts: (PrecinctStarts | undefined)[] = [];
    for (let r = b.resolutionStart; r < b.resolutionEnd; r++) starts.push(startsOf(tile, c, r));
    yield* positions(starts, b.layerEnd, place);
  }
}

function componentsOf(tile: TileGeometry, b: ProgressionChange): readonly TileComponent[] {
  return tile.components.slice(b.componentStart, b.componentEnd);
}

/** Where on the reference grid the precinct columns and rows of one component and resolution level begin. */
interface PrecinctStarts {
  readonly component: number;
  readonly resolution: number;
  readonly numPrecinctsWide: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

function startsOf(tile: TileGeometry, c: TileComponent, r: number): PrecinctStarts | undefined {
  const resolution = c.geometry.resolutions[r];
  if (resolution === undefined || numPrecinctsOf(resolution) === 0) return undefined;
  const d = c.geometry.numDecompositionLevels - r;
  const { firstPrecinctX, firstPrecinctY, numPrecinctsWide, numPrecinctsHigh, ppx, ppy } = resolution;
  return {
    component: c.component,
    resolution: r,
    numPrecinctsWide,
    x: axisStarts(firstPrecinctX, numPrecinctsWide, ppx, d, c.xrsiz, resolution.x.lo, tile.bounds.x0),
    y: axisStarts(firstPrecinctY, numPrecinctsHigh, ppy, d, c.yrsiz, resolution.y.lo, tile.bounds.y0),
  };
}

/**
 * Precinct k begins at k 2^PP in the resolution level, so at k 2^(PP + N_L - r) R on the reference grid. Only the first may begin
 * outside the tile; it is then met at the tile's own edge (the second condition of B.12.1.3).
 */
function axisStarts(
  first: number,
  count: number,
  pp: number,
  d: number,
  rsiz: number,
  tr0: number,
  t0: number,
): number[] {
  const step = 2 ** (pp + d) * rsiz;
  const starts: number[] = [];
  for (let k = 0; k < count; k++) starts.push((first + k) * step);
  if (first * 2 ** pp < tr0) starts[0] = t0;
  return starts;
}

/** All packets of some components and resolution levels by position: rows, then columns, then the order of the list. */
function* positions(
  list: readonly (PrecinctStarts | undefined)[],
  layerEnd: number,
  place: PacketPlace,
): Generator<PacketPlace> {
  const starts = list.filter((s) => s !== undefined);
  const rows = new Map<number, { starts: PrecinctStarts; row: number }[]>();
  for (const s of starts) {
    for (let row = 0; row < s.y.length; row++) {
      const at = rows.get(s.y[row]);
      if (at) at.push({ starts: s, row });
      else rows.set(s.y[row], [{ starts: s, row }]);
    }
  }
  for (const y of [...rows.keys()].sort((a, b) => a - b)) yield* rowOf(rows.get(y)!, layerEnd, place);
}

/** One row of positions: a merge of the column lists of everything that begins on it. */
function* rowOf(
  row: readonly { starts: PrecinctStarts; row: number }[],
  layerEnd: number,
  place: PacketPlace,
): Generator<PacketPlace> {
  const next = new Int32Array(row.length);
  for (;;) {
    let x = Number.POSITIVE_INFINITY;
    for (let k = 0; k < row.length; k++) {
      const at = row[k].starts.x[next[k]];
      if (at !== undefined && at < x) x = at;
    }
    if (x === Number.POSITIVE_INFINITY) return;
    for (let k = 0; k < row.length; k++) {
      const { starts, row: precinctRow } = row[k];
      if (starts.x[next[k]] !== x) continue;
      place.component = starts.component;
      place.resolution = starts.resolution;
      place.precinct = precinctRow * starts.numPrecinctsWide + next[k]++;
      for (let l = 0; l < layerEnd; l++) {
        place.layer = l;
        yield place;
      }
    }
  }
}
