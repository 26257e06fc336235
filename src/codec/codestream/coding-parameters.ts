/**
 * Which parameters hold for a tile-component.
 *
 * The same thing can be said in four places; the more specific wins: tile COC over tile COD over main COC over main COD, and
 * likewise QCC and QCD (15444-1 A.6.1, A.6.2, A.6.4, A.6.5), RGN in a tile over RGN in the main header (A.6.3).
 */
import type { Cod, ComponentCodingStyle } from './cod.ts';
import { emptySegments, type HeaderSegments } from './header-segments.ts';
import type { MainHeader } from './main-header.ts';
import type { ProgressionChange } from './poc.ts';
import type { Quantization } from './qcd.ts';
import type { TilePart } from './tile-part.ts';

/** The tile-part headers of one tile, joined. */
export interface TileHeader {
  readonly tile: number;
  /** Progression, layers and component transform of this tile. */
  readonly cod: Cod;
  readonly segments: HeaderSegments;
}

/** How one tile-component is coded. */
export interface TileComponentParameters {
  readonly style: ComponentCodingStyle;
  readonly quantization: Quantization;
  /** Maxshift s; 0 for none. */
  readonly roiShift: number;
}

/** Joins the headers of a tile's tile-parts, in order of TPsot. */
export function joinTileHeaders(main: MainHeader, tile: number, parts: readonly TilePart[]): TileHeader {
  const joined = emptySegments();
  for (const { segments: s } of parts) {
    if (s.cod) joined.cod = s.cod;
    if (s.qcd) joined.qcd = s.qcd;
    for (const [c, style] of s.coc) joined.coc.set(c, style);
    for (const [c, quantization] of s.qcc) joined.qcc.set(c, quantization);
    for (const [c, shift] of s.rgn) joined.rgn.set(c, shift);
    joined.poc.push(...s.poc);
    joined.com.push(...s.com);
    joined.places.push(...s.places);
  }
  return { tile, cod: joined.cod ?? main.cod, segments: joined };
}

/** The parameters of component c in a tile. */
export function tileComponentParametersOf(main: MainHeader, tile: TileHeader, c: number): TileComponentParameters {
  const t = tile.segments;
  const m = main.segments;
  return {
    style: t.coc.get(c) ?? t.cod?.style ?? m.coc.get(c) ?? main.cod.style,
    quantization: t.qcc.get(c) ?? t.qcd ?? m.qcc.get(c) ?? main.qcd,
    roiShift: t.rgn.get(c) ?? m.rgn.get(c) ?? 0,
  };
}

/** The progression order changes of a tile: its own POC, else the main header's, else none (A.6.6). */
export function progressionChangesOf(main: MainHeader, tile: TileHeader): readonly ProgressionChange[] {
  return tile.segments.poc.length > 0 ? tile.segments.poc : main.segments.poc;
}
