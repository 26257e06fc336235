/**
 * In which order the data of a view-window is sent, so that any beginning of the response is the best picture for its size.
 *
 * Quality layers come first to last over the whole window, and within a layer low resolution levels come first: an encoder has put into
 * each layer what improves the picture most for its bytes, and coarse levels improve more samples than fine ones. Headers come before
 * the data that need them, tile by tile. Within a resolution level the components follow each other, the one that carries most of a
 * transformed picture first. `bench/jpip` has the curves.
 */
import type { FoundEnds } from '../../codec/packets/found-ends.ts';
import type { LoadOptions, TileSelection } from '../../codec/packets/precinct-source.ts';
import { tileGeometry, type TileGeometry } from '../../codec/geometry/tile.ts';
import { isEmpty } from '../../codec/rect.ts';
import { firstSequenceNumbers, precinctId } from '../bins/bin-id.ts';
import type { CacheModel } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import type { ServedWindow } from '../view/view-window.ts';
import { selectionOf, tilesOfWindow } from '../view/window-precincts.ts';
import { BIN_CLASS } from '../wire/message.ts';
import type { ResponseWriter } from './response-writer.ts';
import { Turns } from './turns.ts';
import { ItemList, WindowItems } from './window-items.ts';
import { type ServedCodestream, tileHeaderOf } from './target.ts';

/** A window of one codestream. */
export interface WindowOfCodestream {
  readonly codestream: ServedCodestream;
  readonly window: ServedWindow;
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
  /** Counts bins that the response has to remember; false when they are more than it may. */
  readonly remember: (bins: number) => boolean;
  readonly tileHeaders: 'standard' | 'openjpip';
  /** True when other responses may change the model. */
  readonly shared: boolean;
}

/** Less than this has not left the engine yet. */
const FIRST_BYTES = 1 << 14;
/** Tiles whose headers and packets are looked for together. */
const TILES_AT_ONCE = 64;
/** Precincts whose packets are looked for together. */
const PRECINCTS_AT_ONCE = 4096;
/** Rows of precincts between two looks at the clock. */
const ROWS_AT_ONCE = 16;

/** Tiles that are delivered together. */
interface Group {
  readonly tiles: readonly number[];
  /** What the window needs of each tile; there when the headers were read. */
  selections?: readonly { readonly tile: TileGeometry; readonly selection: TileSelection }[];
  /** Precincts by how many resolution levels they lie below the window's. */
  readonly items: (WindowItems | undefined)[];
  /** True when the packets of all resolution levels are looked for at once; then {@link ends} are theirs. */
  together: boolean;
  ends?: FoundEnds | undefined;
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
  let layers = 1;
  for (let layer = 0; layer < layers; layer++) {
    for (let depth = deepest; depth >= 0; depth--) {
      for (const group of groups) {
        if (group.selections === undefined) {
          yield* deliverTileHeaders(group, request, tools);
          if (writer.full) return;
          for (const { selection } of group.selections!) layers = Math.max(layers, selection.layers);
        }
        const items = group.items[depth] ?? (await findItems(group, depth, deepest, request, tools));
        group.items[depth] = items;
        // all that the group needs is known
        if (depth === 0) group.ends = undefined;
        for (let k = 0; k < items.count; k++) {
          if (shared) items.catchUp(k, bins);
          const to = items.endOfLayer(k, layer);
          if (to < 0) continue;
          const aux = extended ? Math.min(layer + 1, items.layers(k)) : undefined;
          do {
            const from = Math.min(items.held(k), to);
            items.sent(
              k,
              writer.add(precinctClass, number, items.id(k), from, to, items.endsBin(k), items.contents(k), aux),
            );
            if (writer.full) return;
            if (writer.isDue) yield;
          } while (items.held(k) < to);
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
  { writer, model, wanted, load, remember, tileHeaders }: DeliveryTools,
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
    if (!remember(precinctsIn(selection))) {
      // once something has been sent, the response ends with a reason instead of an error
      if (writer.written <= FIRST_BYTES) {
        throw new JpipError('limit', 'request-too-large', 'the window needs too many data-bins', {
          clause: '15444-9 C.4.1',
        });
      }
      writer.stop();
      return;
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
): Promise<WindowItems> {
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

async function itemsAt(
  group: Group,
  ends: FoundEnds,
  depth: number,
  deepest: number,
  { codestream: { main, number } }: WindowOfCodestream,
  { model, wanted, load }: DeliveryTools,
): Promise<WindowItems> {
  const list = new ItemList();
  const bins = model.of(number, BIN_CLASS.precinct);
  const turns = new Turns(load.executor);
  let rows = 0;
  for (const { tile, selection } of group.selections!) {
    const { numLayers } = tile.header.cod;
    for (const { component, resolutions } of selection.components) {
      const first = firstSequenceNumbers(tile, component);
      for (let r = 0; r < resolutions.length; r++) {
        const rect = resolutions[r];
        if (rect === undefined || !isAt(resolutions.length - 1 - r, depth, deepest)) continue;
        const { numPrecinctsWide } = tile.components[component].geometry.resolutions[r];
        for (let y = rect.y0; y < rect.y1; y++) {
          if (++rows % ROWS_AT_ONCE === 0 && turns.isDue) await turns.pause();
          for (let x = rect.x0; x < rect.x1; x++) {
            const precinct = y * numPrecinctsWide + x;
            const id = precinctId(main, tile.tile, component, first[r] + precinct);
            if (bins.isWhole(id) || (wanted && !wanted(number, BIN_CLASS.precinct, id))) continue;
            const key = { tile: tile.tile, component, resolution: r, precinct };
            const lengths = ends.get(key);
            if (lengths) list.add(key, id, ends, lengths, selection.layers, numLayers, bins);
          }
        }
      }
    }
  }
  return new WindowItems(list, ends);
}
