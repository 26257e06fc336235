/**
 * Checksums: CRC-32 against damage (the polynomial of IEEE 802.3, as in PNG and ZIP), FNV-1a with 64 bits to tell files apart. Neither
 * is proof against intent.
 */

const CRC_TABLE = /* @__PURE__ */ crcTable();

function crcTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[n] = c;
  }
  return table;
}

/** CRC-32 of `bytes[from .. to)`, as an unsigned number. */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let c = 0xffffffff;
  for (let k = from; k < to; k++) c = CRC_TABLE[(c ^ bytes[k]) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** FNV-1a with 64 bits, as two unsigned halves: upper, lower. */
export function fnv1a64(bytes: Uint8Array): readonly [number, number] {
  // four digits of 16 bits; the prime is 2^40 + 0x1b3, so a product reaches 2^16 · 2^9 and a carry
  let a = 0x2325;
  let b = 0x8422;
  let c = 0x9ce4;
  let d = 0xcbf2;
  for (let k = 0; k < bytes.length; k++) {
    a ^= bytes[k];
    const pa = a * 0x1b3;
    const pb = b * 0x1b3 + (pa >>> 16);
    const pc = c * 0x1b3 + (pb >>> 16) + ((a << 8) & 0xffffff);
    const pd = d * 0x1b3 + (pc >>> 16) + ((b << 8) & 0xffffff);
    a = pa & 0xffff;
    b = pb & 0xffff;
    c = pc & 0xffff;
    d = pd & 0xffff;
  }
  return [((d << 16) | c) >>> 0, ((b << 16) | a) >>> 0];
}
