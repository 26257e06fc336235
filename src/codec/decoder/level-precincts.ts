/**
 * The precincts of one resolution level that a window touches, opened row by row: packets become code-block contributions
 * (15444-1 B.9, B.10).
 */
import { overLimit } from '../errors.ts';
import type { Work } from '../executor.ts';
import type { TileComponent } from '../geometry/tile.ts';
import { precinctGeometry, type ResolutionGeometry } from '../geometry/tile-component.ts';
import type { PrecinctSnapshot } from '../packets/precinct-source.ts';
import type { Bounds } from '../rect.ts';
import { type PrecinctBlocks, readBlocks } from '../tier2/read-blocks.ts';
import type { DecodeContext } from './decode-context.ts';

/** What a precinct takes, even without data, as bytes of a code-block: they are many where a file is only a header. */
const PRECINCT_WORK = 64;

/** One row of precincts; those without data are `undefined`. */
export type PrecinctRow = readonly (PrecinctBlocks | undefined)[];

/** Opens the precincts of a level. */
export class LevelPrecincts {
  /** Columns and rows of precincts, from the level's first. */
  readonly rect: Bounds;
  private readonly tile: number;
  private readonly component: TileComponent;
  private readonly resolution: ResolutionGeometry;
  /** Where packets come from. */
  snapshot: PrecinctSnapshot;
  private readonly context: DecodeContext;
  private readonly rows = new Map<number, PrecinctRow>();
  /** The first row that has not been opened. */
  nextRow: number;

  constructor(
    rect: Bounds,
    tile: number,
    component: TileComponent,
    resolution: ResolutionGeometry,
    snapshot: PrecinctSnapshot,
    context: DecodeContext,
  ) {
    this.rect = rect;
    this.tile = tile;
    this.component = component;
    this.resolution = resolution;
    this.snapshot = snapshot;
    this.context = context;
    this.nextRow = rect.y0;
  }

  /** The precincts of row `py`, in columns `rect.x0 .. rect.x1`. Rows are opened from the first on, each once. */
  *row(py: number): Work<PrecinctRow> {
    while (this.nextRow <= py) {
      const row = this.nextRow++;
      this.rows.set(row, yield* this.open(row));
    }
    const found = this.rows.get(py);
    if (found === undefined) throw new Error(`row ${py} is not there`);
    return found;
  }

  /** Lets go of all rows above `py`. */
  forgetAbove(py: number): void {
    for (const row of this.rows.keys()) if (row < py) this.rows.delete(row);
  }

  /** Opens the rows that no code-block was wanted of: what they lack counts as well. */
  *finish(): Work<void> {
    if (this.nextRow < this.rect.y1) yield* this.row(this.rect.y1 - 1);
    this.rows.clear();
  }

  private *open(py: number): Work<PrecinctRow> {
    const { context, resolution, rect } = this;
    const row: (PrecinctBlocks | undefined)[] = [];
    let start = context.now();
    for (let px = rect.x0; px < rect.x1; px++) {
      if (context.tires(PRECINCT_WORK)) {
        context.stages.packets += context.now() - start;
        yield;
        start = context.now();
      }
      row.push(this.openOne(py * resolution.numPrecinctsWide + px));
    }
    context.stages.packets += context.now() - start;
    return row;
  }

  private openOne(precinct: number): PrecinctBlocks | undefined {
    const { tile, component, resolution, snapshot, context } = this;
    const { r } = resolution;
    const geometry = precinctGeometry(resolution, precinct);
    if (geometry.numBlocks === 0) return undefined;
    if (geometry.numBlocks > context.maxBlocksOfPrecinct) {
      const message = `a precinct has ${geometry.numBlocks} code-blocks, the limit is ${context.maxBlocksOfPrecinct}`;
      throw overLimit('limit-code-blocks', message, { clause: '15444-1 B.7' });
    }
    const held = snapshot.get({ tile, component: component.component, resolution: r, precinct });
    context.notePackets(r, held?.packets.length ?? 0, held?.complete ?? false);
    if (held === undefined) return undefined;
    const blocks = readBlocks(geometry, component.parameters.style.codeBlockStyle, held, context.layers);
    if (blocks.error) {
      context.partial = true;
      const where = `tile ${tile}, component ${component.component}, resolution level ${r}, precinct ${precinct}`;
      context.log.add(blocks.error.code, `${where}: ${blocks.error.reason}`, { clause: '15444-1 B.10' });
    }
    for (const body of blocks.bodies) context.packetBytes += body.length;
    return blocks;
  }
}
