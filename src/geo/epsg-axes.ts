/**
 * Which EPSG systems say north before east. In the order of their authority, as GML is written, coordinates of such systems come as
 * latitude and longitude, or as northing and easting; pictures want x first.
 *
 * The tables are facts of the EPSG data set (version 10.076): codes as runs, each by its distance from the end of the one before, and
 * how far it goes on (`95+24`). Codes of other kinds in between do not exist.
 */

/** Geographic systems: latitude and longitude, but for those of {@link LONGITUDE_FIRST}. */
const GEOGRAPHIC = /* @__PURE__ */ runsOf(`
  3819+2 2+1 64+1 17 95+24 2+9 4+7 5+3 19+1 5+1 39+96 2+109 2 10 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3 2 75 3
  3+1 2 3 5 2+1 7 65 2+1 42+46 11+108 36+10 2+8 2+1 59 2 2 2 2 2 2 3 2+4 3 2 12 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2
  2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 13+1 119 96+5 12+1 5+1 11+1 59+1 16 2 11+1 5+1 4+1 5+3 7+1 11+1 58 13 3 21+1
  35+3 18+1 14+1 31+1 88 149 55+1 248+1 72 103+1 7+1 2+1 2+1 39+1 302+1 37+1 76+1 98+2 9 2 85+1 2+1 3+1 2+1 44+8 30+1
  11+4 45 2+1 2+1 233+1 284 2 2 2 2 13 2 2+1 2+1 111+1 18 27+1 36+1 4+1 14+12 3 2 2 2 2 2 2 2 2 111+1 42+1 145+1 3+2 2+1
  4+2 2+1 2+1 2+1 96 48 4 23+2 2+1 18 93 2+1 139+1 9 4+1 118+1 42 28 11+3 4+1 9 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+1 23+28
  2+1 2+1 2+1 2+3 2+3 34+16 2+1 2+1 64+1 7+1 4+1 30+1 64 3 2 14 26+1 5 9+1 23+1 31 8 7+5 19 50 16+1 4+1 71+1 148+1 5+1
  37 15+4 5 13+3 2+3 82 5 22 46 25 5 5 15+1 10043 7+1
`);

/** Geographic systems whose first axis is longitude all the same. */
const LONGITUDE_FIRST: readonly number[] = [
  7034, 7035, 7036, 7037, 7038, 7039, 7040, 7041, 7042, 7084, 7085, 7086, 7087, 7088, 7133, 8901, 8902, 9778, 9779,
  9783, 9784,
];

/** Projected systems whose axes are northing and easting. */
const NORTHING_FIRST = /* @__PURE__ */ runsOf(`
  2036 8+1 36+2 2+1 5+2 3+2 7+27 34+14 13 6+1 6+6 107+230 2+184 3+20 177+6 12 53+24 4+1 3+13 7+1 9 46+4 2 6+14 6+1 3+2
  148+1 27+7 11 4+2 14 20+4 6+3 8 7 2 348 24+5 2+1 37+21 19+12 22+4 115 11+1 379 17 57+63 14+21 63+4 110+34 12 10 17+41
  168 57+25 37+21 65+6 10+6 68+6 18 112+2 37+2 42+26 44+7 12+2 591+31 87 10+15 282+18 20+2 161 5+1 86 837+2 24+6 602 8
  598+1 181+1 27+1 2 2 17+2 11+1 92 121 323 10+10 10+14 30 10109+28 32+28 812+28 72+28 175+57 43+176 413+3 272+26 43
  3644 1321+27 159+7 94 910+90 1209+1 459+18 621 451+8 16+15 176+3 231
`);

/** True for geographic systems, whose units are degrees or the like. */
export function isGeographic(epsg: number): boolean {
  return isIn(GEOGRAPHIC, epsg);
}

/** True where coordinates in the order of the authority have north first. */
export function isNorthFirst(epsg: number): boolean {
  return isGeographic(epsg) ? !LONGITUDE_FIRST.includes(epsg) : isIn(NORTHING_FIRST, epsg);
}

/** First and last code of each run. */
function runsOf(text: string): (readonly [number, number])[] {
  let last = 0;
  return text
    .trim()
    .split(/\s+/)
    .map((run) => {
      const [gap, more = '0'] = run.split('+');
      const first = last + Number(gap);
      last = first + Number(more);
      return [first, last] as const;
    });
}

function isIn(runs: readonly (readonly [number, number])[], code: number): boolean {
  return runs.some(([first, last]) => code >= first && code <= last);
}
