/**
 * Packet orders as 15444-1 B.12 defines them: nested loops over every point of the reference grid, and a list of what
 * was sent.
 */
import { ppxOf, ppyOf, type Progression } from '../../src/codec/codestream/cod.ts';
import type { MainHeader } from '../../src/codec/codestream/main-header.ts';
import type { ProgressionChange } from '../../src/codec/codestream/poc.ts';
import {
  type BigRect,
  ceilDiv,
  floorDiv,
  numPrecincts,
  resolutionRect,
  tileComponentRect,
  tileRect,
} from './geometry.ts';

/** Component, resolution level, precinct, layer. */
export type Packet = readonly [number, number, number, number];

/** The packets of a tile whose components take their styles from `main.segments.coc`. */
export function packetOrder(main: MainHeader, t: number, changes: readonly ProgressionChange[]): Packet[] {
  const { progression, numLayers } = main.cod;
  const whole: ProgressionChange = {
    resolutionStart: 0,
    resolutionEnd: 33,
    componentStart: 0,
    componentEnd: main.siz.components.length,
    layerEnd: numLayers,
    progression,
  };
  const sent = new Set<string>();
  const packets: Packet[] = [];
  for (const change of changes.length === 0 ? [whole] : changes) {
    const bounded = { ...change, layerEnd: Math.min(change.layerEnd, numLayers) };
    new Walk(main, t, bounded, (packet) => {
      const key = packet.join(' ');
      if (sent.has(key)) return; // A.6.6
      sent.add(key);
      packets.push(packet);
    }).run();
  }
  return packets;
}

class Walk {
  private readonly main: MainHeader;
  private readonly bounds: ProgressionChange;
  private readonly send: (packet: Packet) => void;
  private readonly tile: BigRect;
  private readonly next = new Map<string, number>();

  constructor(main: MainHeader, t: number, bounds: ProgressionChange, send: (packet: Packet) => void) {
    this.main = main;
    this.bounds = bounds;
    this.send = send;
    this.tile = tileRect(main.siz, t);
  }

  run(): void {
    const loops: Record<Progression, () => void> = {
      LRCP: () => this.layers((l) => this.resolutions((r) => this.components((i) => this.precincts(i, r, l)))),
      RLCP: () => this.resolutions((r) => this.layers((l) => this.components((i) => this.precincts(i, r, l)))),
      RPCL: () => this.resolutions((r) => this.points((x, y) => this.components((i) => this.at(x, y, i, r)))),
      PCRL: () => this.points((x, y) => this.components((i) => this.resolutions((r) => this.at(x, y, i, r)))),
      CPRL: () => this.components((i) => this.points((x, y) => this.resolutions((r) => this.at(x, y, i, r)))),
    };
    loops[this.bounds.progression]();
  }

  private layers(visit: (l: number) => void): void {
    for (let l = 0; l < this.bounds.layerEnd; l++) visit(l);
  }

  private resolutions(visit: (r: number) => void): void {
    for (let r = this.bounds.resolutionStart; r < this.bounds.resolutionEnd; r++) visit(r);
  }

  private components(visit: (i: number) => void): void {
    const end = Math.min(this.bounds.componentEnd, this.main.siz.components.length);
    for (let i = this.bounds.componentStart; i < end; i++) visit(i);
  }

  private points(visit: (x: bigint, y: bigint) => void): void {
    for (let y = this.tile.y0; y < this.tile.y1; y++) for (let x = this.tile.x0; x < this.tile.x1; x++) visit(x, y);
  }

  private level(i: number, r: number) {
    const style = this.main.segments.coc.get(i)!;
    const levels = style.numDecompositionLevels;
    if (r > levels) return undefined; // "for each r, if it exists"
    const { xrsiz, yrsiz } = this.main.siz.components[i]!;
    const tr = resolutionRect(tileComponentRect(this.tile, xrsiz, yrsiz), levels, r);
    const ppx = ppxOf(style, r);
    const ppy = ppyOf(style, r);
    const { wide, high } = numPrecincts(tr, ppx, ppy);
    return { tr, ppx, ppy, wide, count: Number(wide * high), d: levels - r, xr: BigInt(xrsiz), yr: BigInt(yrsiz) };
  }

  private precincts(i: number, r: number, l: number): void {
    const count = this.level(i, r)?.count ?? 0;
    for (let k = 0; k < count; k++) this.send([i, r, k, l]);
  }

  /** The innermost part of B.12.1.3 to B.12.1.5. */
  private at(x: bigint, y: bigint, i: number, r: number): void {
    const level = this.level(i, r);
    if (level === undefined) return;
    const { tr, ppx, ppy, wide, d, xr, yr } = level;
    const scale = 2n ** BigInt(d);
    const stepX = 2n ** BigInt(ppx + d);
    const stepY = 2n ** BigInt(ppy + d);
    const startsY = y % (yr * stepY) === 0n || (y === this.tile.y0 && (tr.y0 * scale) % stepY !== 0n);
    const startsX = x % (xr * stepX) === 0n || (x === this.tile.x0 && (tr.x0 * scale) % stepX !== 0n);
    if (!startsX || !startsY) return;
    // "for the next precinct, k, if one exists"
    const key = `${i} ${r}`;
    const k = this.next.get(key) ?? 0;
    if (k >= level.count) return;
    this.next.set(key, k + 1);
    const byFormula =
      floorDiv(ceilDiv(x, xr * scale), 2n ** BigInt(ppx)) -
      floorDiv(tr.x0, 2n ** BigInt(ppx)) +
      wide * (floorDiv(ceilDiv(y, yr * scale), 2n ** BigInt(ppy)) - floorDiv(tr.y0, 2n ** BigInt(ppy)));
    if (byFormula !== BigInt(k)) throw new Error(`the next precinct is ${k}, B-20 says ${byFormula}`);
    this.layers((l) => this.send([i, r, k, l]));
  }
}
