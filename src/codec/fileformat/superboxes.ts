/**
 * Which boxes hold boxes, and where in their contents those begin: 15444-1 Table I.2, 15444-2 Table M.13, 15444-9
 * Annex I, 15444-3 (and 15444-12, whose boxes that standard borrows).
 *
 * Most superboxes hold boxes and nothing else. A few have fields first: the data reference box a count, the boxes of
 * the ISO base media format a version, flags and a count, a visual sample entry 78 bytes of its own.
 */

const PLAIN: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...['jp2h', 'res ', 'uinf'], // 15444-1
  ...['jpch', 'jplh', 'cgrp', 'ftbl', 'comp', 'asoc', 'drep'], // 15444-2
  ...['fidx', 'cidx', 'tpix', 'thix', 'ppix', 'phix'], // 15444-9
  ...['moov', 'trak', 'edts', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'udta'], // 15444-3
]);

/** Bytes of fields before the boxes inside a superbox; `undefined` for a box that holds none. */
export function fieldsBeforeBoxes(type: string): number | undefined {
  if (PLAIN.has(type)) return 0;
  switch (type) {
    case 'dtbl': // NDR (15444-2 M.11.2)
      return 2;
    case 'cref': // Rtyp (15444-2 M.11.5)
      return 4;
    case 'dref': // version, flags and the number of entries
    case 'stsd':
      return 8;
    case 'mjp2': // a visual sample entry (15444-3 C.3)
      return 78;
    default:
      return undefined;
  }
}

/**
 * The fields before the boxes inside a superbox that is made new, as far as they follow from the number of those;
 * `undefined` where they say more than that, so that somebody has to say it, and for a box that holds none.
 */
export function fieldsFor(type: string, numBoxes: number): Uint8Array | undefined {
  if (PLAIN.has(type)) return new Uint8Array(0);
  const low = [numBoxes >> 8, numBoxes];
  if (type === 'dtbl') return Uint8Array.from(low);
  if (type === 'dref' || type === 'stsd') return Uint8Array.of(0, 0, 0, 0, numBoxes >>> 24, numBoxes >>> 16, ...low);
  return undefined;
}
