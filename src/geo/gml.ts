/**
 * GMLJP2: where a picture lies, as a rectified grid of GML says (OGC 05-047r3 and 08-085r8; GML 3.2.1 clause 19).
 *
 * A grid has an origin, the *centre* of the pixel at grid coordinates (0, 0), and one offset vector for each axis of the grid.
 * Coordinates are in the order of the system's authority when the system is named by a URN or an `opengis.net` address, so those of
 * many EPSG systems have north first; names of the older form `EPSG:n` mean x first.
 */
import { malformed } from '../codec/errors.ts';
import { type Affine, fromCentres, toCentres } from './affine.ts';
import { isGeographic, isNorthFirst } from './epsg-axes.ts';
import type { Crs, GeoSpec, Georeference } from './georeference.ts';
import { elementsNamed, escapeXml, firstNamed, parseXml, type XmlElement } from './xml.ts';

/**
 * Reads the root instance of GML in JP2.
 *
 * @throws {Jpeg2000Error} `geo-metadata` when it has no rectified grid of two axes.
 */
export function readGml(text: string): Georeference {
  const root = parseXml(text);
  const grid = firstNamed(root, 'RectifiedGrid');
  if (!grid) throw bad('the GML document has no rectified grid');
  const origin = firstNamed(grid, 'origin');
  const position = origin && (firstNamed(origin, 'pos') ?? firstNamed(origin, 'coordinates'));
  const vectors = [...elementsNamed(grid, 'offsetVector')];
  if (!position || vectors.length < 2) throw bad('the rectified grid has no origin, or fewer than two offset vectors');
  const named = srsNameOf(origin, vectors, grid, root);
  const { crs, northFirst } = crsOf(named);
  const [place, right, down] = [position, vectors[0], vectors[1]].map((element) => {
    const pair = numbersIn(element.text);
    if (pair.length < 2) throw bad(`expected two numbers, found '${element.text.trim().slice(0, 40)}'`);
    return northFirst ? [pair[1], pair[0]] : [pair[0], pair[1]];
  });
  const low = firstNamed(grid, 'low');
  const [col = 0, row = 0] = low ? numbersIn(low.text) : [];
  // grid coordinates of the first pixel are `low`, which is 0 0 in every file that follows 08-085r8
  const x = place[0] + col * right[0] + row * down[0];
  const y = place[1] + col * right[1] + row * down[1];
  const affine: Affine = [right[0], down[0], x, right[1], down[1], y];
  return { affine: fromCentres(affine), pixelIs: 'area', crs, source: 'gmljp2' };
}

/** The name of the system: where the grid says it, or else anywhere in the document. */
function srsNameOf(
  origin: XmlElement,
  vectors: readonly XmlElement[],
  grid: XmlElement,
  root: XmlElement,
): string | undefined {
  const near = [...origin.children, origin, ...vectors, grid].map((one) => one.attributes.get('srsName'));
  const found = near.find((name) => name !== undefined);
  if (found !== undefined) return found;
  const anywhere = (element: XmlElement): string | undefined => {
    const own = element.attributes.get('srsName');
    if (own !== undefined) return own;
    for (const child of element.children) {
      const name = anywhere(child);
      if (name !== undefined) return name;
    }
    return undefined;
  };
  return anywhere(root);
}

/** Names in whose systems coordinates come in the order of the authority. */
const AUTHORITY_ORDER = [
  /^urn:(?:x-)?ogc:def:crs:EPSG:[^:]*:(\d+)$/i,
  /^https?:\/\/www\.opengis\.net\/def\/crs\/EPSG\/[^/]+\/(\d+)$/i,
];

/** Names of the older kinds, with x first. */
const PLAIN_ORDER = [/^EPSG:(\d+)$/i, /^https?:\/\/www\.opengis\.net\/gml\/srs\/epsg\.xml#(\d+)$/i];

function crsOf(name: string | undefined): { crs: Crs; northFirst: boolean } {
  if (name === undefined) return { crs: {}, northFirst: false };
  const codeBy = (patterns: readonly RegExp[]) => {
    for (const pattern of patterns) {
      const code = pattern.exec(name)?.[1];
      if (code !== undefined) return Number(code);
    }
    return undefined;
  };
  const inOrder = codeBy(AUTHORITY_ORDER);
  const epsg = inOrder ?? codeBy(PLAIN_ORDER);
  if (epsg !== undefined) {
    const kind = isGeographic(epsg) ? 'geographic' : 'projected';
    return { crs: { kind, epsg, name }, northFirst: inOrder !== undefined && isNorthFirst(epsg) };
  }
  // longitude and latitude on WGS 84, x first by its definition (OGC CRS84)
  const crs84 = /(?::|\/)CRS:?84$|OGC:[\d.]*:CRS84$|\/OGC\/[\d.]+\/CRS84$/i.test(name);
  return { crs: crs84 ? { kind: 'geographic', epsg: 4326, name } : { name }, northFirst: false };
}

function numbersIn(text: string): number[] {
  return text
    .trim()
    .split(/[\s,]+/)
    .slice(0, 4)
    .map(Number)
    .filter(Number.isFinite);
}

/** What has to be known to write a document. */
export interface GmlSpec extends GeoSpec {
  /** Size of the picture in pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * A document for `metadata.gml` of an encode: a grid coverage of GMLJP2 1.0 (OGC 05-047r3), in the axis order of its system.
 *
 * @throws {Jpeg2000Error} `option-value` for numbers that say no place, and without an EPSG code.
 */
export function writeGml({ affine, crs, width, height }: GmlSpec): string {
  const epsg = crs?.epsg ?? 0;
  const srsName = escapeXml(`urn:ogc:def:crs:EPSG::${epsg}`);
  const ordered = (x: number, y: number) => (isNorthFirst(epsg) ? `${y} ${x}` : `${x} ${y}`);
  const [a, b, c, d, e, f] = toCentres(affine);
  return `<?xml version="1.0" encoding="UTF-8"?>
<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">
  <gml:boundedBy>
    <gml:Null>withheld</gml:Null>
  </gml:boundedBy>
  <gml:featureMember>
    <gml:FeatureCollection>
      <gml:featureMember>
        <gml:RectifiedGridCoverage dimension="2" gml:id="RGC0001">
          <gml:rectifiedGridDomain>
            <gml:RectifiedGrid dimension="2">
              <gml:limits>
                <gml:GridEnvelope>
                  <gml:low>0 0</gml:low>
                  <gml:high>${width - 1} ${height - 1}</gml:high>
                </gml:GridEnvelope>
              </gml:limits>
              <gml:axisName>x</gml:axisName>
              <gml:axisName>y</gml:axisName>
              <gml:origin>
                <gml:Point gml:id="P0001" srsName="${srsName}">
                  <gml:pos>${ordered(c, f)}</gml:pos>
                </gml:Point>
              </gml:origin>
              <gml:offsetVector srsName="${srsName}">${ordered(a, d)}</gml:offsetVector>
              <gml:offsetVector srsName="${srsName}">${ordered(b, e)}</gml:offsetVector>
            </gml:RectifiedGrid>
          </gml:rectifiedGridDomain>
          <gml:rangeSet>
            <gml:File>
              <gml:rangeParameters/>
              <gml:fileName>gmljp2://codestream/0</gml:fileName>
              <gml:fileStructure>Record Interleaved</gml:fileStructure>
            </gml:File>
          </gml:rangeSet>
        </gml:RectifiedGridCoverage>
      </gml:featureMember>
    </gml:FeatureCollection>
  </gml:featureMember>
</gml:FeatureCollection>
`;
}

function bad(message: string): Error {
  return malformed('geo-metadata', message, { clause: 'OGC 05-047r3' });
}
