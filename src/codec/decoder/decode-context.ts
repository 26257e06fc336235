/**
 * What all tiles of one decode share: coders, memory that is used again, and what was found and counted on the way.
 */
import { type Diagnostic, type DiagnosticLog, unsupported } from '../errors.ts';
import type { DecodeStages } from '../image.ts';
import type { Limits } from '../limits.ts';
import { type GroupMemory, RowMemory } from '../transform/rows.ts';
import type { BlockCache } from './block-cache.ts';
import { type BlockCoder, type BlockDecoder, BlockJob } from './block-jobs.ts';
import { StripStore } from './strip-memory.ts';

/** What a decode is told besides its packets. */
export interface ContextOptions {
  readonly layers: number;
  readonly reconstruction: number;
  readonly now: () => number;
  readonly limits: Pick<Limits, 'codeBlocks'>;
  readonly cache?: BlockCache | undefined;
  /** Memory for decoded code-blocks, where it has to be of some kind. */
  readonly strips?: StripStore | undefined;
}

/** Bytes of code-blocks that are decoded between two moments to pause: a millisecond or so. */
const PIECE_BYTES = 1 << 12;

/** What all tiles of one decode share. */
export class DecodeContext {
  readonly log: DiagnosticLog;
  readonly layers: number;
  readonly reconstruction: number;
  /** A precinct's code-blocks are held at once. */
  readonly maxBlocksOfPrecinct: number;
  /** Code-blocks decoded so far. */
  codeBlocks = 0;
  /** Bytes of the packets that were read. */
  packetBytes = 0;
  /** Set when anything was missing or damaged. */
  partial = false;
  /** Layers that the tiles have, at most as many as were asked for. */
  mostLayers = 0;
  readonly job = new BlockJob();
  readonly strips: StripStore;
  /** Decoded code-blocks of earlier decodes; without it each decode starts anew. */
  readonly cache: BlockCache | undefined;
  /** Milliseconds by stage so far. */
  readonly stages: { -readonly [K in keyof DecodeStages]: number } = {
    read: 0,
    packets: 0,
    blocks: 0,
    transform: 0,
    store: 0,
    convert: 0,
  };
  readonly now: () => number;
  /** Work since the last moment to pause. */
  private work = 0;
  private readonly coders: readonly BlockCoder[];
  private readonly inUse: { readonly coder: BlockCoder; readonly name: string; readonly decoder: BlockDecoder }[] = [];
  private readonly fewestPackets: number[] = [];
  private readonly taken = new Set<string>();
  private readonly freeRows: GroupMemory[] = [];

  constructor(coders: readonly BlockCoder[], log: DiagnosticLog, options: ContextOptions) {
    const { layers, reconstruction, now, limits, cache, strips } = options;
    this.coders = coders;
    this.log = log;
    this.layers = layers;
    this.reconstruction = reconstruction;
    this.now = now;
    this.cache = cache;
    this.strips = strips ?? new StripStore();
    this.maxBlocksOfPrecinct = limits.codeBlocks;
    // findings in the main header are in the log already, and the source will name them again
    for (const diagnostic of log.list) this.taken.add(keyOf(diagnostic));
  }

  /** The coder for a code-block style, with a decoder of this decode's own. */
  coderFor(style: number): { readonly name: string; readonly decoder: BlockDecoder } {
    for (const known of this.inUse) if (known.coder.handles(style)) return known;
    for (const coder of this.coders) {
      if (!coder.handles(style)) continue;
      const made = { coder, name: coder.name, decoder: coder.createDecoder() };
      this.inUse.push(made);
      return made;
    }
    throw unsupported('capability', `no coder for code-block style ${style}`, { clause: '15444-1 A.6.1' });
  }

  /** Notes work that is done, in bytes of code-blocks or what takes as long; true when it is time for a moment to pause. */
  tires(work: number): boolean {
    this.work += work;
    if (this.work < PIECE_BYTES) return false;
    this.work = 0;
    return true;
  }

  /** Notes that a precinct of resolution level r had so many packets of those that were wanted. */
  notePackets(r: number, packets: number, complete: boolean): void {
    const layers = complete ? Number.POSITIVE_INFINITY : packets;
    this.fewestPackets[r] = Math.min(this.fewestPackets[r] ?? Number.POSITIVE_INFINITY, layers);
    if (layers < this.layers) this.partial = true;
  }

  /** Resolution levels, from the lowest, of which every precinct had a packet; and the layers that all of those had. */
  completeness(): { resolutions: number; layers: number } {
    let resolutions = 0;
    let layers = this.mostLayers;
    while (resolutions < this.fewestPackets.length && (this.fewestPackets[resolutions] ?? 1) > 0) {
      layers = Math.min(layers, this.fewestPackets[resolutions] ?? layers);
      resolutions++;
    }
    return { resolutions, layers: resolutions === 0 ? 0 : layers };
  }

  /** Notes that a code-block is damaged. */
  noteDamage(findings: number): void {
    this.partial = true;
    const message = `a code-block is damaged (finding ${findings}); its later passes were left out`;
    this.log.add('code-block-check', message, { clause: '15444-1 D.5' });
  }

  /** Memory for rows of so many samples in all; those of one tile serve for the next. */
  takeRows(length: number, reversible: boolean): GroupMemory {
    const free = this.freeRows;
    const at = free.findIndex(
      (rows) => rows.samples.length === length && rows.samples instanceof Int32Array === reversible,
    );
    if (at >= 0) return free.splice(at, 1)[0];
    return reversible ? new RowMemory(new Int32Array(length)) : new RowMemory(new Float64Array(length));
  }

  /** Takes it back. */
  giveRows(memory: GroupMemory): void {
    memory.clear();
    this.freeRows.push(memory);
  }

  /** Hands on what a source tolerated; what was handed on before is not repeated. */
  take(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const key = keyOf(diagnostic);
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      this.log.add(diagnostic.code, diagnostic.message, diagnostic);
    }
  }
}

function keyOf({ code, offset, message }: Diagnostic): string {
  return `${code} ${offset} ${message}`;
}
