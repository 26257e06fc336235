/**
 * In which order the data of a view-window is sent, so that any beginning of the response is the best picture for its size.
 *
 * Quality layers come first to last over the whole window, and within a layer low resolution levels come first: an encoder has put into
 * each layer what improves the picture most for its bytes, and coarse levels improve more samples than fine ones. Headers come before
 * the data that need them, tile by tile. Within a resolution level the components follow each other, the one that carries most of a
 * transformed picture first. `bench/jpip` has the curves.
 */
import type { FoundEnds } from '../../codec/packets/found-ends.ts';
import { runOf } from '../../codec/packets/packet-pieces.ts';
import type { LoadOptions, PrecinctKey, PrecinctLengths, TileSelection } from '../../codec/packets/precinct-source.ts';
import { tileGeometry, type TileGeometry } from '../../codec/geometry/tile.ts';
import { isEmpty } from '../../codec/rect.ts';
import type { BinSet, Held } from '../bins/bin-set.ts';
import { firstSequenceNumbers, precinctId } from '../bins/bin-id.ts';
import type { CacheModel } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import type { ViewWindow } from '../view/view-window.ts';
import { selectionOf, tilesOfWindow } from '../view/window-precincts.ts';
import { BIN_CLASS } from '../wire/message.ts';
import type { BinContents, ResponseWriter } from './response-writer.ts';
import { type ServedCodestream, tileHeaderOf } from './target.ts';

/** A window of one codestream. */
export interface WindowOfCodestream {
  readonly codestream: ServedCodestream;
  readonly window: ViewWindow;
  readonly components: readonly number[];
  /** Quality layers at most. */
  readonly layers: number;
}

/** Which bins the response may hold; `undefined` for all. */
export type BinFilter = ((codestream: number, classId: number, id: number) => boolean) | undefined;

/** What a delivery works with. */
export interface DeliveryTools {
  readonly writer: ResponseWriter;
  readonly model: CacheModel;
  readonly wanted: BinFilter;
  /** Precinct messages say how many whole layers they end (class 1). */
  readonly extended: boolean;
  readonly load: LoadOptions;
  /** Bins that are looked at, at most. */
  readonly mostBins: number;
  readonly tileHeaders: 'standard' | 'openjpip';
  /** True when other responses may change the model. */
  readonly shared: boolean;
}

/** Tiles whose headers and packets are looked for together. */
const TILES_AT_ONCE = 64;
/** Precincts whose packets are looked for together. */
const PRECINCTS_AT_ONCE = 4096;

/** A precinct of the window. */
interface Item {
  readonly id: number;
  readonly contents: BinContents;
  /** Bytes of the bin up to the end of each layer. */
  readonly layerEnds: Float64Array;
  /** True when the bin ends with the last of those layers. */
  readonly whole: boolean;
  /** Bytes that the client holds. */
  held: number;
  done: boolean;
}

/** Tiles that are delivered together. */
interface Group {
  readonly tiles: readonly number[];
  /** What the window needs of each tile; there when the headers were read. */
  selections?: readonly { readonly tile: TileGeometry; readonly selection: TileSelection }[];
  /** Precincts by how many resolution levels they lie below the window's. */
  readonly items: (readonly Item[] | undefined)[];
  /** True when the packets of all resolution levels are looked for at once; then {@link ends} are theirs. */
  together: boolean;
  ends?: FoundEnds;
}

/**
 * Adds all that a window needs and the client lacks. It yields where a batch is due, which the consumer then sends. Ends early when the
 * writer is full.
 */
export async function* deliverWindow(request: WindowOfCodestream, tools: DeliveryTools): AsyncGenerator<void> {
  const { codestream, window, components } = request;
  const { main, number } = codestream;
  const { writer, extended, shared } = tools;
  const bins = tools.model.of(number, BIN_CLASS.precinct);
  const precinctClass = extended ? BIN_CLASS.extendedPrecinct : BIN_CLASS.precinct;
  if (isEmpty(window.bounds)) return;
  const tiles = tilesOfWindow(main, window.bounds, window.frame.reduce, components);
  const groups: Group[] = [];
  for (let k = 0; k < tiles.length; k += TILES_AT_ONCE) {
    groups.push({ tiles: tiles.slice(k, k + TILES_AT_ONCE), items: [], together: false });
  }
  const deepest = Math.max(0, mostLevels(codestream) - window.frame.reduce);
  const count = { bins: 0 };
  let layers = 1;
  for (let layer = 0; layer < layers; layer++) {
    for (let depth = deepest; depth >= 0; depth--) {
      for (const group of groups) {
        if (group.selections === undefined) {
          yield* deliverTileHeaders(group, request, tools, count);
          if (writer.full) return;
          for (const { selection } of group.selections!) layers = Math.max(layers, selection.layers);
        }
        const items = group.items[depth] ?? (await findItems(group, depth, deepest, request, tools));
        group.items[depth] = items;
        for (const item of items) {
          if (shared) catchUp(item, bins);
          const to = item.done ? -1 : endOfLayer(item, layer);
          if (to < 0) continue;
          const ends = item.done && item.whole;
          const aux = extended ? Math.min(layer + 1, item.layerEnds.length) : undefined;
          do {
            item.held = writer.add(
              precinctClass,
              number,
              item.id,
              Math.min(item.held, to),
              to,
              ends,
              item.contents,
              aux,
            );
            if (writer.full) return;
            if (writer.isDue) yield;
          } while (item.held < to);
        }
      }
    }
  }
}

/** Decomposition levels that any component has by the main header. */
function mostLevels({ main: { cod, segments } }: ServedCodestream): number {
  const own = [...segments.coc.values()].map(({ numDecompositionLevels }) => numDecompositionLevels);
  return Math.max(cod.style.numDecompositionLevels, ...own);
}

/** Reads the headers of a group's tiles, sends those that the client lacks, and works out what the window needs of each. */
async function* deliverTileHeaders(
  group: Group,
  { codestream: { main, number, source }, window, components, layers }: WindowOfCodestream,
  { writer, model, wanted, load, mostBins, tileHeaders }: DeliveryTools,
  count: { bins: number },
): AsyncGenerator<void> {
  const headers = await source.packetEnds(
    group.tiles.map((tile) => ({ tile, components: [], layers: 0 })),
    load,
  );
  const selections: { tile: TileGeometry; selection: TileSelection }[] = [];
  group.selections = selections;
  for (const t of group.tiles) {
    const header = headers.tile(t);
    const bytes = tileHeaderOf(main, t, header, tileHeaders);
    const held = model.held(number, BIN_CLASS.tileHeader, t);
    if (!held.whole && (wanted === undefined || wanted(number, BIN_CLASS.tileHeader, t))) {
      const from = Math.min(held.bytes, bytes.length);
      writer.add(BIN_CLASS.tileHeader, number, t, from, bytes.length, true, { kind: 'bytes', bytes });
      if (writer.full) return;
      if (writer.isDue) yield;
    }
    if (header === undefined) continue; // the file has nothing of it
    const tile = tileGeometry(main, header);
    const selection = selectionOf(tile, window.bounds, window.frame.reduce, components, layers);
    count.bins += precinctsIn(selection);
    if (count.bins > mostBins) {
      throw new JpipError('limit', 'request-too-large', `the window needs more than ${mostBins} data-bins`, {
        clause: '15444-9 C.4.1',
      });
    }
    selections.push({ tile, selection });
  }
  group.together = selections.reduce((sum, { selection }) => sum + precinctsIn(selection), 0) <= PRECINCTS_AT_ONCE;
}

function precinctsIn({ components }: TileSelection): number {
  let sum = 0;
  for (const { resolutions } of components) {
    for (const rect of resolutions) if (rect) sum += (rect.x1 - rect.x0) * (rect.y1 - rect.y0);
  }
  return sum;
}

/** The precincts of a group at one depth; at the deepest also those below, of tiles with more levels than the main header says. */
async function findItems(
  group: Group,
  depth: number,
  deepest: number,
  request: WindowOfCodestream,
  tools: DeliveryTools,
): Promise<readonly Item[]> {
  const { source } = request.codestream;
  if (group.together) {
    group.ends ??= await source.packetEnds(
      group.selections!.map(({ selection }) => selection),
      tools.load,
    );
    return itemsAt(group, group.ends, depth, deepest, request, tools);
  }
  const plan = group.selections!.map(({ selection }): TileSelection => {
    const components = selection.components.map(({ component, resolutions }) => ({
      component,
      resolutions: resolutions.map((rect, r) => (isAt(resolutions.length - 1 - r, depth, deepest) ? rect : undefined)),
    }));
    return { ...selection, components };
  });
  return itemsAt(group, await source.packetEnds(plan, tools.load), depth, deepest, request, tools);
}

function isAt(below: number, depth: number, deepest: number): boolean {
  return below === depth || (depth === deepest && below > deepest);
}

function itemsAt(
  group: Group,
  ends: FoundEnds,
  depth: number,
  deepest: number,
  { codestream: { main, number } }: WindowOfCodestream,
  { model, wanted }: DeliveryTools,
): Item[] {
  const items: Item[] = [];
  const bins = model.of(number, BIN_CLASS.precinct);
  for (const { tile, selection } of group.selections!) {
    const { numLayers } = tile.header.cod;
    for (const { component, resolutions } of selection.components) {
      const first = firstSequenceNumbers(tile, component);
      for (let r = 0; r < resolutions.length; r++) {
        const rect = resolutions[r];
        if (rect === undefined || !isAt(resolutions.length - 1 - r, depth, deepest)) continue;
        const { numPrecinctsWide } = tile.components[component].geometry.resolutions[r];
        for (let y = rect.y0; y < rect.y1; y++) {
          for (let x = rect.x0; x < rect.x1; x++) {
            const precinct = y * numPrecinctsWide + x;
            const id = precinctId(main, tile.tile, component, first[r] + precinct);
            if (bins.isWhole(id) || (wanted && !wanted(number, BIN_CLASS.precinct, id))) continue;
            const key = { tile: tile.tile, component, resolution: r, precinct };
            const lengths = ends.get(key);
            if (lengths === undefined) continue;
            items.push(itemOf(key, id, ends, lengths, selection.layers, numLayers, bins.held(id)));
          }
        }
      }
    }
  }
  return items;
}

function itemOf(
  key: PrecinctKey,
  id: number,
  ends: FoundEnds,
  lengths: PrecinctLengths,
  layers: number,
  numLayers: number,
  known: Held,
): Item {
  const { headers, bodies, ephs } = lengths;
  const found = Math.min(headers.length, layers);
  const layerEnds = new Float64Array(found);
  let at = 0;
  for (let l = 0; l < found; l++) {
    at += headers[l] + ephs[l] + bodies[l];
    layerEnds[l] = at;
  }
  const heldLayers = Math.min(known.layers, found);
  const held = Math.max(Math.min(known.bytes, at), heldLayers > 0 ? layerEnds[heldLayers - 1] : 0);
  // where the file is cut short, the bin ends with what there is
  const offset = runOf(ends, key);
  const contents: BinContents =
    offset === undefined ? { kind: 'precinct', ends, key } : { kind: 'run', source: ends.input, offset };
  return { id, contents, layerEnds, whole: layers >= numLayers, held, done: false };
}

/** Other responses of the session may have sent it meanwhile. */
function catchUp(item: Item, bins: BinSet): void {
  const { whole, bytes } = bins.held(item.id);
  if (whole) item.done = true;
  else item.held = Math.max(item.held, bytes);
}

/** How far a precinct is to be sent with one more quality layer; -1 for not at all. Sets `done` with the last. */
function endOfLayer(item: Item, layer: number): number {
  const { layerEnds, held } = item;
  const last = layer >= layerEnds.length - 1;
  const to = layerEnds.length === 0 ? 0 : layerEnds[Math.min(layer, layerEnds.length - 1)];
  // an empty packet is one byte, less than the header of a message: it waits for the next layer
  if (!last && to - held <= 1) return -1;
  item.done = last;
  // nothing new, unless that the bin is whole
  return to > held || (last && item.whole) ? to : -1;
}
