/**
 * The precincts of a window while it is being sent: where their bytes are, how long each quality layer is, and how much has gone.
 *
 * A window can have a hundred thousand of them, and a slow client keeps its response for long, so they are numbers in arrays.
 */
import type { FoundEnds } from '../../codec/packets/found-ends.ts';
import { runOf } from '../../codec/packets/packet-pieces.ts';
import type { PrecinctKey, PrecinctLengths } from '../../codec/packets/precinct-source.ts';
import type { BinSet } from '../bins/bin-set.ts';
import type { BinContents } from './response-writer.ts';

/** Precincts of one resolution level of some tiles. */
export class WindowItems {
  readonly count: number;
  private readonly ids: Float64Array;
  /** Bytes that the client holds. */
  private readonly heldBytes: Float64Array;
  /** Where the bin begins in the input; -1 where it does not lie in one run. */
  private readonly runs: Float64Array;
  /** Bytes of the bin up to the end of each layer: those of item k are `firstEnds[k] .. firstEnds[k + 1]`. */
  private readonly layerEnds: Float64Array;
  private readonly firstEnds: Uint32Array;
  private readonly flags: Uint8Array;
  private readonly ends: FoundEnds;
  /** Of items that do not lie in one run. */
  private readonly keys: ReadonlyMap<number, PrecinctKey>;
  /** Filled in anew for each item: the writer does not keep it. */
  private readonly run: { readonly kind: 'run'; readonly source: FoundEnds['input']; offset: number };

  constructor(list: ItemList, ends: FoundEnds) {
    this.count = list.ids.length;
    this.ids = Float64Array.from(list.ids);
    this.heldBytes = Float64Array.from(list.held);
    this.runs = Float64Array.from(list.runs);
    this.layerEnds = Float64Array.from(list.layerEnds);
    this.firstEnds = Uint32Array.from([...list.firstEnds, list.layerEnds.length]);
    this.flags = Uint8Array.from(list.flags);
    this.ends = ends;
    this.keys = list.keys;
    this.run = { kind: 'run', source: ends.input, offset: 0 };
  }

  /** The identifier of item k. */
  id(k: number): number {
    return this.ids[k];
  }

  /** Bytes of item k that the client holds. */
  held(k: number): number {
    return this.heldBytes[k];
  }

  /** So many bytes of item k have been put into the response. */
  sent(k: number, bytes: number): void {
    this.heldBytes[k] = bytes;
  }

  /** Quality layers of item k. */
  layers(k: number): number {
    return this.firstEnds[k + 1] - this.firstEnds[k];
  }

  /** Where the bytes of item k come from; good until this is called again. */
  contents(k: number): BinContents {
    const key = this.keys.get(k);
    if (key) return { kind: 'precinct', ends: this.ends, key };
    this.run.offset = this.runs[k];
    return this.run;
  }

  /** True when item k has been sent with its last layer, and the bin ends there. */
  endsBin(k: number): boolean {
    return this.flags[k] === (DONE | WHOLE);
  }

  /** Other responses of the session may have sent item k meanwhile. */
  catchUp(k: number, bins: BinSet): void {
    const { whole, bytes } = bins.held(this.ids[k]);
    if (whole) this.flags[k] |= DONE;
    else if (bytes > this.heldBytes[k]) this.heldBytes[k] = bytes;
  }

  /** How far item k is to be sent with one more quality layer; -1 for not at all. */
  endOfLayer(k: number, layer: number): number {
    if (this.flags[k] & DONE) return -1;
    const first = this.firstEnds[k];
    const count = this.firstEnds[k + 1] - first;
    const held = this.heldBytes[k];
    const last = layer >= count - 1;
    const to = count === 0 ? 0 : this.layerEnds[first + Math.min(layer, count - 1)];
    // an empty packet is one byte, less than the header of a message: it waits for the next layer
    if (!last && to - held <= 1) return -1;
    if (last) this.flags[k] |= DONE;
    // nothing new, unless that the bin is whole
    return to > held || this.flags[k] === (DONE | WHOLE) ? to : -1;
  }
}

/** All layers have been sent. */
const DONE = 1;
/** The bin ends with the last of the layers. */
const WHOLE = 2;

/** Precincts as they are gathered. */
export class ItemList {
  readonly ids: number[] = [];
  readonly held: number[] = [];
  readonly runs: number[] = [];
  readonly layerEnds: number[] = [];
  readonly firstEnds: number[] = [];
  readonly flags: number[] = [];
  readonly keys = new Map<number, PrecinctKey>();

  /** Adds a precinct of which `layers` of `numLayers` quality layers are wanted. */
  add(
    key: PrecinctKey,
    id: number,
    ends: FoundEnds,
    { headers, bodies, ephs }: PrecinctLengths,
    layers: number,
    numLayers: number,
    bins: BinSet,
  ): void {
    const found = Math.min(headers.length, layers);
    const known = bins.held(id);
    const heldLayers = Math.min(known.layers, found);
    let at = 0;
    let held = 0;
    this.firstEnds.push(this.layerEnds.length);
    for (let l = 0; l < found; l++) {
      at += headers[l] + ephs[l] + bodies[l];
      this.layerEnds.push(at);
      if (l < heldLayers) held = at;
    }
    const run = runOf(ends, key);
    if (run === undefined) this.keys.set(this.ids.length, key);
    this.ids.push(id);
    this.held.push(Math.max(held, Math.min(known.bytes, at)));
    this.runs.push(run ?? -1);
    // where the file is cut short, the bin ends with what there is
    this.flags.push(layers >= numLayers ? WHOLE : 0);
  }
}
