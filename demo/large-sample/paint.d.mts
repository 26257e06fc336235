/** Paints the rows `from` to `to` of a map of `side` x `side` points: red, green and blue, interleaved. */
export function paintRows(side: number, from: number, to: number): Uint8Array;
