/**
 * The sample set: files that jp2kit wrote, in `demo/samples` to be looked at and in `test/fixtures` to be tested with.
 *
 * Everything is painted and encoded here, so that each file can be made again by anybody, byte for byte; a test does.
 */
import type { EncodeOptions, RawImage } from '../../src/index.ts';
import {
  LAND_COLOURS,
  type Painting,
  paintBalloon,
  paintHighlands,
  paintLake,
  paintLandMap,
  paintRelief,
  toYcc420,
} from './paintings.ts';

/** One file of the set. */
export interface Sample {
  /** Its path in the repository. */
  readonly path: string;
  readonly about: string;
  paint(): RawImage;
  readonly options: EncodeOptions;
}

const LAND_PALETTE = { columns: LAND_COLOURS.map((entries) => ({ precision: 8, entries })) };

/** The files to be looked at. */
const SHOWN: readonly Sample[] = [
  {
    path: 'demo/samples/lake.jp2',
    about: 'a picture like a photograph, 9/7, six quality layers, precincts',
    paint: () => paintLake(960, 600),
    options: {
      rate: [240, 120, 75, 50, 38, 30].map((ratio) => ({ ratio })),
      progression: 'RPCL',
      precincts: [{ width: 256, height: 256 }],
      markers: { sop: true, tlm: true, plt: true },
      metadata: { resolution: { capture: { x: 11811, y: 11811 } } },
    },
  },
  {
    path: 'demo/samples/relief.jp2',
    about: 'heights in 16 bits, lossless, in tiles whose packets can be found by TLM and PLT',
    paint: () => paintRelief(256, 192),
    options: {
      tile: { width: 128, height: 128 },
      levels: 4,
      progression: 'RLCP',
      markers: { plt: true, tlm: true },
    },
  },
  {
    path: 'demo/samples/land.jp2',
    about: 'a map whose samples are indices into a palette, lossless',
    paint: () => paintLandMap(384, 288),
    options: { levels: 0, colour: { palette: LAND_PALETTE } },
  },
  {
    path: 'demo/samples/balloon.jp2',
    about: 'colour with opacity, lossless',
    paint: () => paintBalloon(300, 400),
    options: {},
  },
  {
    path: 'demo/samples/lake-420.jp2',
    about: 'sYCC with chroma of half the size, 9/7, by quantiser step',
    paint: () => ycc420(paintLake(480, 300)),
    options: { rate: { step: 2 }, colour: { space: 'sycc' } },
  },
  {
    path: 'demo/samples/highlands.jp2',
    about: 'a large picture in tiles and tile-parts by resolution, 9/7, four layers, made for reading over a network',
    paint: () => paintHighlands(2560, 1920),
    options: {
      rate: [0.08, 0.16, 0.32, 0.64].map((bpp) => ({ bpp })),
      tile: { width: 512, height: 512 },
      progression: 'RPCL',
      tileParts: 'resolution',
      markers: { tlm: true, plt: true },
    },
  },
];

/** The files to be tested with: small, each named after what it has. */
const TESTED: readonly Sample[] = [
  {
    path: 'test/fixtures/photograph-97.jp2',
    about: 'three quality layers by size',
    paint: () => paintLake(160, 100),
    options: { rate: [{ bpp: 0.5 }, { bpp: 1 }, { bpp: 2 }] },
  },
  {
    path: 'test/fixtures/photograph-53.jp2',
    about: 'the same without loss, and layers on the way there',
    paint: () => paintLake(160, 100),
    options: { rate: [{ bpp: 1 }, { bpp: 3 }, { lossless: true }] },
  },
  {
    path: 'test/fixtures/grey-16-53.jp2',
    about: '16 bits, image and tile offsets, tiles',
    paint: () => paintRelief(96, 72),
    options: {
      origin: { x: 5, y: 3 },
      tileOrigin: { x: 2, y: 1 },
      tile: { width: 40, height: 40 },
      levels: 3,
      codeBlock: { width: 16, height: 16 },
    },
  },
  {
    path: 'test/fixtures/palette.jp2',
    about: 'indices, 32 entries of three columns',
    paint: () => paintLandMap(96, 72),
    options: { levels: 1, colour: { palette: LAND_PALETTE } },
  },
  {
    path: 'test/fixtures/opacity.jp2',
    about: 'a fourth channel that is opacity',
    paint: () => paintBalloon(90, 120),
    options: { levels: 3 },
  },
  {
    path: 'test/fixtures/sycc-420.jp2',
    about: 'sYCC, chroma of half the size',
    paint: () => ycc420(paintLake(96, 60)),
    options: { colour: { space: 'sycc' }, levels: 3 },
  },
  {
    path: 'test/fixtures/tile-parts.jp2',
    about: 'tile-parts by resolution, TLM, PLT, SOP, EPH, precincts, two layers',
    paint: () => paintHighlands(200, 150),
    options: {
      rate: [{ bpp: 2 }, { lossless: true }],
      tile: { width: 128, height: 128 },
      levels: 3,
      progression: 'RPCL',
      precincts: [{ width: 64, height: 64 }],
      codeBlock: { width: 32, height: 32 },
      tileParts: 'resolution',
      markers: { tlm: true, plt: true, sop: true, eph: true },
    },
  },
  {
    path: 'test/fixtures/styles-and-region.j2k',
    about: 'a bare codestream with every code-block style at once, and a region of interest',
    paint: () => paintLandMap(64, 48),
    options: {
      container: 'codestream',
      levels: 2,
      codeBlock: { width: 16, height: 16 },
      codeBlockStyle: {
        bypass: true,
        reset: true,
        terminate: true,
        causal: true,
        predictable: true,
        segmentation: true,
      },
      roi: { rects: [{ x: 30, y: 14, width: 20, height: 16 }] },
      comments: [],
    },
  },
  {
    path: 'test/fixtures/metadata.jp2',
    about: 'resolutions, XML, XMP, GML and a UUID box',
    paint: () => paintRelief(32, 24),
    options: {
      levels: 2,
      comments: ['a relief that nobody climbed'],
      metadata: {
        resolution: { capture: { x: 11811, y: 11811 }, display: { x: 2835, y: 2835 } },
        xml: ['<relief><summit>cone</summit></relief>'],
        xmp: '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>',
        gml: '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"/>',
        uuid: [{ id: '01234567-89ab-cdef-0123-456789abcdef', data: Uint8Array.of(1, 2, 3, 4) }],
      },
    },
  },
];

/** All files of the set. */
export const SAMPLES: readonly Sample[] = [...SHOWN, ...TESTED];

function ycc420(painting: Painting): RawImage {
  const [luma, blue, red] = toYcc420(painting);
  const half = { dx: 2, dy: 2 };
  const planes = [{ data: luma! }, { data: blue!, ...half }, { data: red!, ...half }];
  return { width: painting.width, height: painting.height, planes };
}
