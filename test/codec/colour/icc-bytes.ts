/** Small ICC profiles for tests. */
import { ascii, hex, join } from '../fileformat/box-bytes.ts';

/** A profile with these tags; each element is padded to four bytes as the standard wants. */
export function profile(space: string, tags: Readonly<Record<string, Uint8Array>>, pcs = 'XYZ '): Uint8Array {
  const names = Object.keys(tags);
  const header = join(hex('00000000 00000000 04000000'), ascii('mntr'), ascii(space), ascii(pcs), new Uint8Array(104));
  const table = new DataView(new ArrayBuffer(4 + 12 * names.length));
  table.setUint32(0, names.length);
  const bodies: Uint8Array[] = [];
  let offset = 132 + 12 * names.length;
  names.forEach((name, k) => {
    const body = tags[name];
    for (let c = 0; c < 4; c++) table.setUint8(4 + 12 * k + c, name.charCodeAt(c));
    table.setUint32(8 + 12 * k, offset);
    table.setUint32(12 + 12 * k, body.length);
    bodies.push(body, new Uint8Array(-body.length & 3));
    offset += (body.length + 3) & ~3;
  });
  return join(header, new Uint8Array(table.buffer), ...bodies);
}

function fixed(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [k, value] of values.entries()) view.setInt32(4 * k, Math.round(value * 65536));
  return new Uint8Array(view.buffer);
}

/** XYZType. */
export function xyz(x: number, y: number, z: number): Uint8Array {
  return join(ascii('XYZ '), hex('00000000'), fixed([x, y, z]));
}

/** curveType: no entry is the identity, one a gamma in 1/256, more a table. */
export function curv(...entries: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 2 * entries.length));
  view.setUint32(0, entries.length);
  for (const [k, entry] of entries.entries()) view.setUint16(4 + 2 * k, entry);
  return join(ascii('curv'), hex('00000000'), new Uint8Array(view.buffer));
}

/** parametricCurveType. */
export function para(form: number, ...parameters: number[]): Uint8Array {
  return join(ascii('para'), hex('00000000'), Uint8Array.of(0, form, 0, 0), fixed(parameters));
}

/** The curve of sRGB. */
export const SRGB_CURVE = para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045);

/** sRGB as a profile: its primaries adapted to D50. */
export const SRGB_PROFILE = profile('RGB ', {
  rXYZ: xyz(0.43607, 0.22249, 0.01392),
  gXYZ: xyz(0.38515, 0.71687, 0.09708),
  bXYZ: xyz(0.14307, 0.06061, 0.7141),
  rTRC: SRGB_CURVE,
  gTRC: SRGB_CURVE,
  bTRC: SRGB_CURVE,
});
