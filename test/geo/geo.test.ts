/**
 * Places of pictures against GDAL, both ways: files it writes are read here, files written here are read by it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Affine,
  geoOf,
  geoOfWorldFile,
  geotiffBytes,
  gmlText,
  modelToPixel,
  pixelToModel,
} from '../../src/geo/index.ts';
import { isGeographic, isNorthFirst } from '../../src/geo/epsg-axes.ts';
import { encodeSync, inspectSync, type MetadataSpec } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { describeTools } from '../support/shared.ts';
import { requireTool } from '../support/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'jp2kit-geo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SIZE = { width: 20, height: 10 };

/** Places of all kinds: square, oblong, turned, mirrored; EPSG codes with either order of axes. */
const PLACES: readonly { name: string; affine: Affine; epsg: number }[] = [
  { name: 'UTM zone 32', affine: [0.5, 0, 448000.25, 0, -0.5, 5412000.75], epsg: 32632 },
  { name: 'WGS 84, latitude first', affine: [0.01, 0, 7.125, 0, -0.02, 48.5], epsg: 4326 },
  { name: 'Gauss-Krüger, northing first', affine: [10, 0, 3500000, 0, -10, 5600000], epsg: 31467 },
  { name: 'Web Mercator', affine: [156543, 0, -20037508, 0, -156543, 20037508], epsg: 3857 },
  { name: 'turned by 30 degrees', affine: [0.866, 0.5, 500000, 0.5, -0.866, 5400000], epsg: 25832 },
  { name: 'south at the top', affine: [2, 0, 100000, 0, 2, 200000], epsg: 32733 },
];

function encoded(metadata: MetadataSpec): Uint8Array {
  const { width, height } = SIZE;
  const data = new Uint8Array(width * height).map((_, k) => k);
  return encodeSync({ width, height, channels: 1, data }, { metadata }).data;
}

function closeTo(found: readonly number[], wanted: readonly number[]): void {
  found.forEach((value, k) => {
    expect(Math.abs(value - wanted[k]!)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted[k]!)));
  });
}

interface GdalInfo {
  geoTransform: [number, number, number, number, number, number];
  coordinateSystem?: { wkt: string };
  metadata: Record<string, Record<string, string>>;
}

describeTools(['gdal_translate', 'gdalinfo'], 'GDAL', () => {
  function gdalinfo(file: string): { affine: Affine; epsg: number | undefined; info: GdalInfo } {
    const text = execFileSync(requireTool('gdalinfo'), ['-json', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const info: GdalInfo = JSON.parse(text);
    const [c, a, b, f, d, e] = info.geoTransform;
    const code = /ID\["EPSG",(\d+)\]\]\s*$/.exec(info.coordinateSystem?.wkt ?? '')?.[1];
    return { affine: [a, b, c, d, e, f], epsg: code === undefined ? undefined : Number(code), info };
  }

  /** A file of GDAL's JPEG 2000 driver with one kind of georeference. */
  function translated(name: string, affine: Affine, epsg: number, ...options: string[]): string {
    const { width, height } = SIZE;
    const [a, b, c, d, e, f] = affine;
    const raw = join(folder, 'picture.raw');
    writeFileSync(raw, new Uint8Array(width * height));
    const vrt = join(folder, 'picture.vrt');
    writeFileSync(
      vrt,
      `<VRTDataset rasterXSize="${width}" rasterYSize="${height}"><SRS>EPSG:${epsg}</SRS>
      <GeoTransform>${[c, a, b, f, d, e].join(', ')}</GeoTransform>
      <VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
      <SourceFilename relativeToVRT="1">picture.raw</SourceFilename></VRTRasterBand></VRTDataset>`,
    );
    const file = join(folder, `${name}.jp2`);
    execFileSync(requireTool('gdal_translate'), ['-q', '-of', 'JP2OpenJPEG', ...options, vrt, file], {
      stdio: 'ignore',
    });
    rmSync(`${file}.aux.xml`, { force: true });
    return file;
  }

  test.each(PLACES)('writes $name, which is read alike from both kinds of boxes', ({ affine, epsg }) => {
    for (const [kind, options] of [
      ['geojp2', ['-co', 'GeoJP2=YES', '-co', 'GMLJP2=NO']],
      ['gmljp2', ['-co', 'GeoJP2=NO', '-co', 'GMLJP2=YES']],
      ['gmljp2', ['-co', 'GeoJP2=NO', '-co', 'GMLJP2=NO', '-co', 'GMLJP2V2_DEF=YES']],
    ] as const) {
      const file = translated(`${kind}-${epsg}`, affine, epsg, ...options);
      const warnings: unknown[] = [];
      const geo = geoOf(inspectSync(new Uint8Array(readFileSync(file))), { onWarning: (w) => warnings.push(w) });
      expect(warnings).toEqual([]);
      expect(geo).toMatchObject({ source: kind, pixelIs: 'area', crs: { epsg } });
      // GDAL forgets in a GeoJP2 box which way up a picture is
      if (kind === 'gmljp2' || affine[4] < 0) closeTo(geo!.affine, affine);
      closeTo(geo!.affine, gdalinfo(file).affine);
    }
  });

  test('means pixel centres where it says that pixels are points', () => {
    const { affine, epsg } = PLACES[0]!;
    const file = translated('point', affine, epsg, '-mo', 'AREA_OR_POINT=Point', '-co', 'GMLJP2=NO');
    const geo = geoOf(inspectSync(new Uint8Array(readFileSync(file))))!;
    expect(geo.pixelIs).toBe('point');
    closeTo(geo.affine, affine);
    expect(gdalinfo(file).info.metadata['']?.AREA_OR_POINT).toBe('Point');
  });

  test.each(PLACES)('reads $name from both kinds of boxes written here', ({ affine, epsg }) => {
    // in GeoJP2, but not in GeoTIFF files, GDAL takes matrices for those of corners whatever a sample stands for
    const asMatrix = affine[1] !== 0 || affine[4] > 0;
    for (const pixelIs of asMatrix ? (['area'] as const) : (['area', 'point'] as const)) {
      const file = join(folder, `ours-${epsg}-${pixelIs}.jp2`);
      writeFileSync(file, encoded({ geotiff: geotiffBytes({ affine, crs: { epsg }, pixelIs }) }));
      const gdal = gdalinfo(file);
      closeTo(gdal.affine, affine);
      expect(gdal.epsg).toBe(epsg);
    }
    const file = join(folder, `ours-${epsg}-gml.jp2`);
    writeFileSync(file, encoded({ gml: gmlText({ affine, crs: { epsg }, ...SIZE }) }));
    const gdal = gdalinfo(file);
    closeTo(gdal.affine, affine);
    expect(gdal.epsg).toBe(epsg);
  });
});

describe('a place', () => {
  test.each(PLACES)('comes back as it was written: $name', ({ affine, epsg }) => {
    for (const pixelIs of ['area', 'point'] as const) {
      const geo = geoOf(inspectSync(encoded({ geotiff: geotiffBytes({ affine, crs: { epsg }, pixelIs }) })))!;
      expect(geo).toMatchObject({
        source: 'geojp2',
        pixelIs,
        crs: { epsg, kind: epsg === 4326 ? 'geographic' : 'projected' },
      });
      closeTo(geo.affine, affine);
    }
    const geo = geoOf(inspectSync(encoded({ gml: gmlText({ affine, crs: { epsg }, ...SIZE }) })))!;
    expect(geo).toMatchObject({ source: 'gmljp2', crs: { epsg } });
    closeTo(geo.affine, affine);
  });

  test('has bounds to the outer edges of its pixels', () => {
    const info = { ...SIZE, metadata: { geotiff: geotiffBytes({ affine: [2, 0, 100, 0, -1, 50] }) } };
    expect(geoOf(info)).toMatchObject({ bounds: { minX: 100, maxX: 140, minY: 40, maxY: 50 }, crs: {} });
    const turned = { ...SIZE, metadata: { geotiff: geotiffBytes({ affine: [0, 1, 0, 1, 0, 0] }) } };
    expect(geoOf(turned)!.bounds).toEqual({ minX: 0, maxX: 10, minY: 0, maxY: 20 });
  });

  test('maps pixels to the ground and back', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const step = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(step, step, number, number, fc.nat(5000), fc.nat(5000), (sx, sy, x0, y0, col, row) => {
        const geo = { affine: [sx, sy / 3, x0, sx / 5, -sy, y0] as const };
        const ground = pixelToModel(geo, col, row);
        const { x, y } = modelToPixel(geo, ground.x, ground.y);
        const near = 1e-6 * (1 + (Math.abs(x0) + Math.abs(y0)) / Math.min(sx, sy));
        expect(Math.abs(x - col) + Math.abs(y - row)).toBeLessThan(near);
      }),
    );
    expect(failureOf(() => modelToPixel({ affine: [1, 1, 0, 1, 1, 0] }, 0, 0))).toMatchObject({ code: 'option-value' });
  });

  test('is taken from GML where GeoJP2 is broken, and told so', () => {
    const gml = gmlText({ affine: [1, 0, 5, 0, -1, 9], crs: { epsg: 25832 }, ...SIZE });
    const codes: string[] = [];
    const options = { onWarning: ({ code }: { code: string }) => codes.push(code) };
    expect(geoOf({ ...SIZE, metadata: { geotiff: new Uint8Array(30), gml } }, options)?.source).toBe('gmljp2');
    expect(geoOf({ ...SIZE, metadata: { geotiff: Uint8Array.of(77, 77), gml: '<a/>' } }, options)).toBeUndefined();
    expect(codes).toEqual(['geo-metadata', 'geo-metadata', 'geo-metadata']);
    expect(geoOf({ ...SIZE, metadata: {} }, options)).toBeUndefined();
  });

  test('of a world file is that of a pixel centre', () => {
    const geo = geoOfWorldFile('2\r\n0\r\n0\r\n-2\r\n101\r\n49\r\n', SIZE);
    expect(geo).toMatchObject({ affine: [2, 0, 100, 0, -2, 50], source: 'worldfile', crs: {} });
    for (const text of ['', '1 2 3', '1 0 0 x 0 0', '0 0 0 0 0 0']) {
      expect(failureOf(() => geoOfWorldFile(text, SIZE))).toMatchObject({ code: 'geo-metadata' });
    }
  });

  test('that cannot be written is refused', () => {
    for (const run of [
      () => geotiffBytes({ affine: [1, 1, 0, 1, 1, 0] }),
      () => geotiffBytes({ affine: [1, 0, Number.NaN, 0, 1, 0] }),
      () => geotiffBytes({ affine: [1, 0, 0, 0, 1, 0], crs: { epsg: 104000 } }),
      () => gmlText({ affine: [1, 0, 0, 0, 1, 0], ...SIZE }),
      () => gmlText({ affine: [1, 0, 0, 0, 1, 0], crs: { epsg: 4326 }, width: 0, height: 1 }),
    ]) {
      expect(failureOf(run)).toMatchObject({ kind: 'usage', code: 'option-value' });
    }
  });
});

describe('names of systems in GML', () => {
  /** A grid whose numbers tell which came first. */
  const grid = (srsName: string) => `<gml:X xmlns:gml="u"><!-- <gml:RectifiedGrid/> --><gml:RectifiedGrid>
    <gml:origin><gml:Point srsName='${srsName}'><gml:pos>48 7</gml:pos></gml:Point></gml:origin>
    <gml:offsetVector>0 0.5</gml:offsetVector><gml:offsetVector>-0.25 0</gml:offsetVector>
    </gml:RectifiedGrid></gml:X>`;

  test.each([
    ['urn:ogc:def:crs:EPSG::4326', 4326, true],
    ['urn:ogc:def:crs:EPSG:6.6:4258', 4258, true],
    ['http://www.opengis.net/def/crs/EPSG/0/4326', 4326, true],
    ['urn:ogc:def:crs:EPSG::32632', 32632, false],
    ['EPSG:4326', 4326, false],
    ['http://www.opengis.net/gml/srs/epsg.xml#4326', 4326, false],
    ['urn:ogc:def:crs:OGC:1.3:CRS84', 4326, false],
    ['gmljp2://xml/CRSDictionary.gml#own', undefined, false],
  ])('%s', (name, epsg, swapped) => {
    const geo = geoOf({ ...SIZE, metadata: { gml: grid(name) } });
    if (swapped) expect(geo!.affine).toEqual([0.5, 0, 6.75, 0, -0.25, 48.125]);
    else expect(geo!.affine).toEqual([0, -0.25, 48.125, 0.5, 0, 6.75]);
    expect(geo!.crs.epsg).toBe(epsg);
    expect(geo!.crs.name).toBe(name);
  });

  test('say by their code in which order their axes are', () => {
    expect([4326, 4258, 6318, 4979].map(isNorthFirst)).toEqual([true, true, true, true]);
    expect([31467, 2393, 3067, 25832, 3857, 7034].map(isNorthFirst)).toEqual([true, true, false, false, false, false]);
    expect([4326, 4978, 32632].map(isGeographic)).toEqual([true, false, false]);
  });
});

describe('hostile metadata', () => {
  const sound = geotiffBytes({ affine: [1, 0.5, 5, 0.25, -1, 9], crs: { epsg: 25832 } });
  const gml = gmlText({ affine: [1, 0, 5, 0, -1, 9], crs: { epsg: 25832 }, ...SIZE });

  test('with any byte changed gives a place or none', () => {
    const change = fc.record({ at: fc.nat(sound.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(sound.length), (changes, cut) => {
        const geotiff = sound.slice();
        for (const { at, value } of changes) geotiff[at] = value;
        geoOf({ ...SIZE, metadata: { geotiff } });
        geoOf({ ...SIZE, metadata: { geotiff: geotiff.subarray(0, cut) } });
      }),
      { numRuns: 2000 },
    );
  });

  test('as XML of any kind gives a place or none', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '<!--',
      ']]>',
      '<![CDATA[',
      '<!DOCTYPE a [',
      '&',
      '&#x110000;',
      '/',
      '=',
    );
    fc.assert(
      fc.property(fc.array(fc.record({ at: fc.nat(gml.length), piece }), { maxLength: 8 }), (pieces) => {
        let text = gml;
        for (const { at, piece: more } of pieces) text = text.slice(0, at) + more + text.slice(at);
        geoOf({ ...SIZE, metadata: { gml: text } });
      }),
      { numRuns: 1000 },
    );
  });

  test('as huge or deep XML is refused in time', () => {
    const start = performance.now();
    for (const text of [
      '<a>'.repeat(100_000),
      '<a/>'.repeat(200_000),
      '<'.repeat(1 << 20),
      `<a ${'b="'.repeat(100_000)}`,
      '&lt;'.repeat(1 << 21),
      '</a>'.repeat(100_000),
      `<!DOCTYPE x [<!ENTITY a "aaaa">]>${'&a;'.repeat(100_000)}`,
    ]) {
      expect(geoOf({ ...SIZE, metadata: { gml: text } })).toBeUndefined();
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
