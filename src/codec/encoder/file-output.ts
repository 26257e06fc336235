/**
 * The file around tile-parts that are written one after another, when nobody can go back but by patches.
 *
 * What is not known at the beginning is filled in at the end where the sink can overwrite: the length of the codestream's box, and the
 * lengths of tile-parts (TLM). Where it cannot, there is no TLM, and the box has no length and reaches to the end of the file.
 */
import { joinTileHeaders } from '../codestream/coding-parameters.ts';
import { writeCodestreamBoxHeader, writeJp2Head } from '../fileformat/write-jp2.ts';
import { tileGeometry } from '../geometry/tile.ts';
import { layOutTile, writeMainHeader, writeTlmSegments } from '../packets/codestream-writer.ts';
import type { LayeredTile } from './layered-tile.ts';
import { tilePartsOf } from './overhead.ts';
import type { EncodePlan } from './plan.ts';
import { type ByteSink, SinkWriter } from '../sink.ts';

const EOC = /* @__PURE__ */ Uint8Array.of(0xff, 0xd9);

/** Box headers with LBox alone, and with XLBox. */
const SHORT_BOX = 8;
const LONG_BOX = 16;

/** Writes a file to a sink, tile by tile. */
export class FileOutput {
  private readonly plan: EncodePlan;
  private readonly out: SinkWriter;
  /** Boxes before the codestream. */
  private readonly head: Uint8Array;
  private readonly tileParts: { tile: number; psot: number }[] = [];
  /** Where jp2c and TLM stand in the file, for patches. */
  private boxAt = -1;
  private tlmAt = -1;

  constructor(plan: EncodePlan, sink: ByteSink) {
    this.out = new SinkWriter(sink);
    const { options, arrangement } = plan;
    this.plan = { ...plan, arrangement: { ...arrangement, tlm: arrangement.tlm && this.out.canPatch } };
    const bare = plan.container === 'codestream';
    this.head = bare
      ? new Uint8Array(0)
      : writeJp2Head(plan.main.siz, options.colour, options.metadata, plan.container === 'jph');
  }

  /** Bytes written. */
  get length(): number {
    return this.out.length;
  }

  /** Writes everything before the first tile-part, once. */
  async begin(): Promise<void> {
    if (this.out.length > 0) return;
    const { main, arrangement, numTiles, container } = this.plan;
    let numTileParts = 0;
    for (let t = 0; t < numTiles && arrangement.tlm; t++) {
      numTileParts += tilePartsOf(main, arrangement, tileGeometry(main, joinTileHeaders(main, t, [])));
    }
    const header = writeMainHeader(main, arrangement, { numTileParts });
    if (container !== 'codestream') {
      await this.out.write(this.head);
      this.boxAt = this.out.length;
      await this.out.write(writeCodestreamBoxHeader(this.out.canPatch ? 0 : undefined, this.mayBeWide));
    }
    if (header.tlmOffset !== undefined) this.tlmAt = this.out.length + header.tlmOffset;
    await this.out.write(header.bytes);
  }

  /** Writes one tile. */
  async writeTile(tile: LayeredTile): Promise<void> {
    const { main, arrangement } = this.plan;
    const parts = layOutTile(tile.coded.geometry, main, (key) => tile.packets(key), arrangement);
    for (const { tile: t, psot, header, data } of parts) {
      await this.out.write(header);
      for (const piece of data) await this.out.write(piece);
      this.tileParts.push({ tile: t, psot });
    }
  }

  /** Ends the codestream, fills in what was left open, and closes the sink. */
  async finish(): Promise<void> {
    await this.out.write(EOC);
    await this.out.flush();
    if (this.boxAt >= 0 && this.out.canPatch) {
      const length = this.out.length - this.boxAt - (this.mayBeWide ? LONG_BOX : SHORT_BOX);
      const box = writeCodestreamBoxHeader(length, this.mayBeWide);
      if (!this.mayBeWide && box.length > SHORT_BOX)
        throw new Error('a codestream eight times as large as its samples');
      await this.out.patch(this.boxAt, box);
    }
    if (this.tlmAt >= 0) await this.out.patch(this.tlmAt, writeTlmSegments(this.tileParts));
    await this.out.close();
  }

  /** Gives the sink up. */
  abort(reason: unknown): Promise<void> {
    return this.out.abort(reason);
  }

  /** Whether the box gets room for a length of 64 bits. Coding hardly ever makes samples larger, and never eight times. */
  private get mayBeWide(): boolean {
    return this.out.canPatch && this.plan.numSampleBits > 2 ** 32;
  }
}

/** EOC and nothing else stands after the last tile-part. */
export const AFTER_TILES = EOC.length;
