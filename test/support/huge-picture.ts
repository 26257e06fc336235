/** A picture of any number of equal tiles that takes no memory: its bytes are made when they are read. */
import type { ByteRange, RandomAccessSource } from '../../src/index.ts';

/** Repeats the one tile of a bare codestream, whose sides are multiples of all precinct sizes, `columns` x `rows` times. */
export function hugePicture(
  codestream: Uint8Array,
  columns: number,
  rows: number,
): RandomAccessSource & { readonly size: number } {
  const sot = indexOfMarker(codestream, 0x90);
  const header = codestream.slice(0, sot);
  const view = new DataView(header.buffer);
  // SIZ: Xsiz and Ysiz stand eight bytes after its marker, 15444-1 A.5.1
  const siz = indexOfMarker(codestream, 0x51);
  view.setUint32(siz + 6, view.getUint32(siz + 6) * columns);
  view.setUint32(siz + 10, view.getUint32(siz + 10) * rows);
  const part = codestream.slice(sot, codestream.length - 2);
  const count = columns * rows;
  const size = header.length + part.length * count + 2;
  const read = async ({ offset, length }: ByteRange): Promise<Uint8Array> => {
    const out = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    for (let done = 0; done < out.length; ) {
      const at = offset + done;
      let piece: Uint8Array;
      if (at < header.length) piece = header.subarray(at);
      else if (at >= size - 2) piece = Uint8Array.of(0xff, 0xd9).subarray(at - size + 2);
      else {
        const tile = Math.floor((at - header.length) / part.length);
        part[4] = tile >> 8; // Isot
        part[5] = tile;
        piece = part.subarray((at - header.length) % part.length);
      }
      out.set(piece.subarray(0, out.length - done), done);
      done += Math.min(piece.length, out.length - done);
    }
    return out;
  };
  return { size, read };
}

function indexOfMarker(bytes: Uint8Array, marker: number): number {
  for (let k = 0; ; k++) if (bytes[k] === 0xff && bytes[k + 1] === marker) return k;
}
