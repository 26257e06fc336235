/**
 * Where the joints of a file are: boxes, marker segments, tile-parts, packets with SOP, and the fields that state a
 * length.
 *
 * A plain walk that owes nothing to the library and stops at the first thing it does not understand.
 */

/** A field that states a length. */
export interface LengthField {
  readonly at: number;
  readonly size: 2 | 4 | 8;
}

/** The joints of one file. */
export interface Structure {
  /** Offsets at which something begins or ends, ascending. */
  readonly boundaries: readonly number[];
  readonly lengths: readonly LengthField[];
  /** Bytes of main and tile-part headers and of box headers: where a lie hurts most. */
  readonly headers: readonly number[];
}

const CODESTREAM = 0x6a703263;
const SUPERBOXES = new Set([0x6a703268, 0x72657320, 0x75696e66]);

/** Finds the joints of a JP2 file or a bare codestream. */
export function structureOf(bytes: Uint8Array): Structure {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boundaries = new Set<number>([0, bytes.length]);
  const lengths: LengthField[] = [];
  const headers = new Set<number>();
  const mark = (from: number, to: number): void => {
    for (let at = from; at < Math.min(to, bytes.length); at++) headers.add(at);
  };

  const walkBoxes = (from: number, to: number): void => {
    let at = from;
    while (at + 8 <= to) {
      boundaries
        .add(at)
        .add(at + 4)
        .add(at + 8);
      lengths.push({ at, size: 4 });
      let length = view.getUint32(at);
      let body = at + 8;
      if (length === 1 && at + 16 <= to) {
        lengths.push({ at: at + 8, size: 8 });
        length = Number(view.getBigUint64(at + 8));
        body = at + 16;
      }
      if (length === 0) length = to - at;
      const type = view.getUint32(at + 4);
      const end = Math.min(at + length, to);
      mark(at, body);
      if (type === CODESTREAM) walkCodestream(body, end);
      else if (SUPERBOXES.has(type)) walkBoxes(body, end);
      else mark(body, Math.min(end, body + 64));
      if (length < 8) return;
      at += length;
    }
  };

  const walkCodestream = (from: number, to: number): void => {
    let at = from + 2;
    boundaries.add(from).add(at);
    mark(from, at);
    while (at + 4 <= to) {
      const marker = view.getUint16(at);
      boundaries.add(at).add(at + 2);
      if (marker === 0xffd9) return;
      if (marker < 0xff00) return;
      const length = view.getUint16(at + 2);
      lengths.push({ at: at + 2, size: 2 });
      mark(at, at + 2 + length);
      if (marker !== 0xff90) {
        at += 2 + length;
        continue;
      }
      if (at + 12 > to) return;
      lengths.push({ at: at + 6, size: 4 });
      const psot = view.getUint32(at + 6);
      const end = psot === 0 ? to : Math.min(to, at + psot);
      at = walkTilePart(at + 12, end);
      if (at !== end) at = end;
      boundaries.add(end);
    }
  };

  const walkTilePart = (from: number, to: number): number => {
    let at = from;
    while (at + 4 <= to) {
      boundaries.add(at);
      const marker = view.getUint16(at);
      if (marker === 0xff93) {
        boundaries.add(at + 2);
        for (let p = at + 2; p + 6 <= to; p++) {
          if (view.getUint32(p) === 0xff910004) boundaries.add(p).add(p + 6);
        }
        return to;
      }
      lengths.push({ at: at + 2, size: 2 });
      mark(at, at + 2 + view.getUint16(at + 2));
      at += 2 + view.getUint16(at + 2);
    }
    return to;
  };

  if (view.getUint16(0) === 0xff4f) walkCodestream(0, bytes.length);
  else walkBoxes(0, bytes.length);
  return {
    boundaries: [...boundaries].filter((b) => b <= bytes.length).sort((a, b) => a - b),
    lengths,
    headers: [...headers],
  };
}
