/**
 * Describes a file without decoding it: headers as plain data, and on demand where all tile-parts and packets stand.
 */
import { withNames } from '../fileformat/named-boxes.ts';
import {
  STYLE_BYPASS,
  STYLE_CAUSAL,
  STYLE_HIGH_THROUGHPUT,
  STYLE_HT_MIXED,
  STYLE_PREDICTABLE,
  STYLE_RESET,
  STYLE_SEGMENTATION,
  STYLE_TERMINATE,
} from '../codestream/cod.ts';
import type { HeaderSegments, SegmentPlace } from '../codestream/header-segments.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import { markerName } from '../codestream/markers.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import type { Diagnostic } from '../errors.ts';
import { decodeUtf8 } from '../fileformat/utf8.ts';
import type { Jp2File } from '../fileformat/jp2-file.ts';
import { numPrecinctsOf } from '../geometry/tile-component.ts';
import type { ColourInfo } from '../image.ts';
import type { CodestreamSource } from '../packets/codestream-source.ts';
import type { TilePackets } from '../packets/tile-packets.ts';
import type { Reading } from '../source.ts';
import type { ImageInfo, PrefixNeed, SegmentInfo, TilePartInfo } from './info.ts';

/** Describes what the headers say. */
export function describeHeaders(
  file: Jp2File,
  main: MainHeader,
  colour: ColourInfo,
  warnings: readonly Diagnostic[],
): ImageInfo {
  const { siz, cod, qcd, segments } = main;
  const { style } = cod;
  const { metadata, header } = file;
  const capture = header?.captureResolution;
  const display = header?.displayResolution;
  const geotiff = metadata.uuids.find((box) => box.name === 'geotiff');
  const xmp = metadata.uuids.find((box) => box.name === 'xmp');
  const { length } = file.codestream;
  return {
    container: file.container,
    width: siz.xsiz - siz.xosiz,
    height: siz.ysiz - siz.yosiz,
    origin: { x: siz.xosiz, y: siz.yosiz },
    components: siz.components.map(({ precision, signed, xrsiz, yrsiz }) => ({
      width: Math.ceil(siz.xsiz / xrsiz) - Math.ceil(siz.xosiz / xrsiz),
      height: Math.ceil(siz.ysiz / yrsiz) - Math.ceil(siz.yosiz / yrsiz),
      precision,
      signed,
      dx: xrsiz,
      dy: yrsiz,
    })),
    tiles: {
      width: siz.xtsiz,
      height: siz.ytsiz,
      x: siz.xtosiz,
      y: siz.ytosiz,
      columns: numXTiles(siz),
      rows: numYTiles(siz),
    },
    levels: style.numDecompositionLevels,
    layers: cod.numLayers,
    progression: cod.progression,
    coder: coderOf(segments, style.codeBlockStyle),
    reversible: style.reversible,
    mct: cod.mct ? (style.reversible ? 'rct' : 'ict') : 'none',
    codeBlock: { width: 2 ** style.xcb, height: 2 ** style.ycb, styles: styleNames(style.codeBlockStyle) },
    precincts: (style.precincts ?? []).map((p) => ({ width: 2 ** (p & 15), height: 2 ** (p >> 4) })),
    quantization: { style: qcd.style, guardBits: qcd.guardBits },
    profile: { rsiz: siz.rsiz, name: profileName(siz.rsiz) },
    markers: {
      tlm: segments.tlm.length > 0,
      plt: false,
      plm: segments.plm.length > 0,
      ppm: segments.ppm.length > 0,
      ppt: false,
      sop: cod.sop,
      eph: cod.eph,
      poc: segments.poc.length > 0,
      rgn: segments.rgn.size > 0,
    },
    colour,
    resolution: { ...(capture ? { capture } : {}), ...(display ? { display } : {}) },
    metadata: {
      xml: metadata.xml,
      ...(metadata.gml === undefined ? {} : { gml: metadata.gml }),
      ...(geotiff === undefined ? {} : { geotiff: geotiff.data }),
      ...(xmp === undefined ? {} : { xmp: decodeUtf8(xmp.data) }),
      uuid: metadata.uuids.map(({ id, data }) => ({ id, data })),
    },
    comments: segments.com.flatMap((comment) => (comment.text === undefined ? [] : [comment.text])),
    boxes: withNames(file.boxes),
    codestream: { offset: file.codestream.offset, ...(length === undefined ? {} : { length }) },
    segments: segments.places.map(segmentInfo),
    warnings,
  };
}

/** Adds everything that only a walk through the whole codestream can tell. */
export function* describeIndex(info: ImageInfo, source: CodestreamSource): Reading<ImageInfo> {
  const parts = yield* source.findTileParts();
  const statistics = new Statistics(info);
  const inTiles: Diagnostic[] = [];
  for (const tile of new Set(parts.map((part) => part.isot))) {
    const packets = yield* source.findPackets(tile);
    if (packets) statistics.add(packets);
    inTiles.push(...source.findingsIn(tile));
  }
  const anywhere = (has: (segments: HeaderSegments) => boolean): boolean => parts.some((part) => has(part.segments));
  return {
    ...info,
    markers: {
      ...info.markers,
      plt: anywhere((s) => s.plt.length > 0),
      ppt: anywhere((s) => s.ppt.length > 0),
      poc: info.markers.poc || anywhere((s) => s.poc.length > 0),
      rgn: info.markers.rgn || anywhere((s) => s.rgn.size > 0),
    },
    tileParts: parts.map(
      (part): TilePartInfo => ({
        tile: part.isot,
        part: part.tpsot,
        of: part.tnsot,
        offset: part.offset,
        length: part.end - part.offset,
        dataLength: part.end - part.dataStart,
        segments: part.segments.places.map(segmentInfo),
      }),
    ),
    packets: {
      count: statistics.count,
      bytesByResolution: statistics.resolutions,
      bytesByLayer: statistics.layers,
      bytesByComponent: statistics.components,
    },
    byteRanges: statistics.prefixes(),
    warnings: [...info.warnings, ...source.log.list.filter((d) => !info.warnings.includes(d)), ...inTiles],
  };
}

/** Sums over all packets. */
class Statistics {
  count = 0;
  readonly resolutions: number[];
  readonly layers: number[];
  readonly components: number[];
  private readonly endOfResolution: number[];
  private readonly endOfLayer: number[];

  constructor(info: ImageInfo) {
    this.resolutions = new Array(info.levels + 1).fill(0);
    this.endOfResolution = new Array(info.levels + 1).fill(0);
    this.layers = new Array(info.layers).fill(0);
    this.endOfLayer = new Array(info.layers).fill(0);
    this.components = new Array(info.components.length).fill(0);
  }

  add(packets: TilePackets): void {
    const top = this.resolutions.length - 1;
    for (const { component, geometry } of packets.tile.components) {
      for (const resolution of geometry.resolutions) {
        // a component with fewer levels counts from the top: what matters is how far below full size it is
        const r = Math.max(0, top - geometry.numDecompositionLevels + resolution.r);
        for (let p = 0; p < numPrecinctsOf(resolution); p++) {
          packets.rangesOf(component, resolution.r, p, this.layers.length).forEach((range, layer) => {
            this.count++;
            const apart = packets.data.packedHeaders ? range.headerLength + range.eph : 0;
            const bytes = range.length + apart;
            this.resolutions[r] += bytes;
            this.layers[layer] += bytes;
            this.components[component] += bytes;
            for (const { offset, length } of packets.toRanges(range.start, range.length)) {
              this.endOfResolution[r] = Math.max(this.endOfResolution[r], offset + length);
              this.endOfLayer[layer] = Math.max(this.endOfLayer[layer], offset + length);
            }
          });
        }
      }
    }
  }

  prefixes(): PrefixNeed[] {
    const needs: PrefixNeed[] = [];
    let end = 0;
    this.endOfResolution.forEach((e, resolution) => {
      end = Math.max(end, e);
      needs.push({ resolution, layers: this.layers.length, end });
    });
    end = 0;
    this.endOfLayer.slice(0, -1).forEach((e, layer) => {
      end = Math.max(end, e);
      needs.push({ resolution: this.resolutions.length - 1, layers: layer + 1, end });
    });
    return needs;
  }
}

function segmentInfo({ marker, offset, length }: SegmentPlace): SegmentInfo {
  return { name: markerName(marker), offset, length };
}

function coderOf(segments: HeaderSegments, mainStyle: number): ImageInfo['coder'] {
  const styles = [mainStyle, ...[...segments.coc.values()].map((style) => style.codeBlockStyle)];
  const ht = styles.filter((style) => (style & STYLE_HIGH_THROUGHPUT) !== 0);
  if (ht.length === 0) return 'classic';
  const mixed = ht.length < styles.length || ht.some((style) => (style & STYLE_HT_MIXED) !== 0);
  return mixed ? 'mixed' : 'ht';
}

const STYLE_NAMES: readonly (readonly [number, string])[] = [
  [STYLE_BYPASS, 'bypass'],
  [STYLE_RESET, 'reset'],
  [STYLE_TERMINATE, 'terminate'],
  [STYLE_CAUSAL, 'causal'],
  [STYLE_PREDICTABLE, 'predictable-termination'],
  [STYLE_SEGMENTATION, 'segmentation-symbols'],
  [STYLE_HIGH_THROUGHPUT, 'high-throughput'],
  [STYLE_HT_MIXED, 'high-throughput-mixed'],
];

function styleNames(style: number): string[] {
  return STYLE_NAMES.filter(([bit]) => (style & bit) !== 0).map(([, name]) => name);
}

/** Names of Rsiz without its extension bits (15444-1 Table A.10 with its amendments). */
function profileName(rsiz: number): string | undefined {
  const low = rsiz & 0x3fff;
  const fixed = [
    'none',
    'profile-0',
    'profile-1',
    'cinema-2k',
    'cinema-4k',
    'cinema-2k-scalable',
    'cinema-4k-scalable',
  ];
  if (rsiz & 0x8000) return 'part-2';
  if (low < fixed.length) return fixed[low];
  if (low === 7) return 'cinema-long-term-storage';
  const family: Record<number, string> = {
    1: 'broadcast-single',
    2: 'broadcast-multi',
    3: 'broadcast-multi-reversible',
  };
  const imf: Record<number, string> = {
    4: 'imf-2k',
    5: 'imf-4k',
    6: 'imf-8k',
    7: 'imf-2k-r',
    8: 'imf-4k-r',
    9: 'imf-8k-r',
  };
  const kind = low >> 8;
  return family[kind] ?? imf[kind];
}
