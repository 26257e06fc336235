/**
 * Context modelling of the coefficient bits (15444-1 D.3): which of the 19 contexts a decision is made in.
 *
 * Everything here is a function of the significance and sign of the eight neighbours, so every rule of Tables D.1 to D.3
 * becomes one table look-up. The neighbourhood of a sample is written as nine bits, in rows of three:
 *
 * ```
 *   bit  0 NW   1 N   2 NE
 *        3 W    4 x   5 E
 *        6 SW   7 S   8 SE
 * ```
 */

/** First zero-coding context; there are nine (Table D.1). */
export const CONTEXT_ZERO = 0;
/** First sign-coding context; there are five (Table D.3). */
export const CONTEXT_SIGN = 9;
/** First magnitude refinement context; there are three (Table D.4). */
export const CONTEXT_MAGNITUDE = 14;
/** The run-length context of the cleanup pass (D.3.4). */
export const CONTEXT_RUN = 17;
/** The context of two-bit run positions and of segmentation symbols, which never adapts (D.3.4, D.5). */
export const CONTEXT_UNIFORM = 18;
/** Contexts in all (Table D.7). */
export const CONTEXTS = 19;

/** The states the contexts start in, and start anew in after a reset (Table D.7). */
export const INITIAL_STATES: Uint8Array = /* @__PURE__ */ initialStates();

/** Zero-coding context by `subband << 9 | neighbourhood`, subbands in the order LL, HL, LH, HH (Table D.1). */
export const ZERO_CODING: Uint8Array = /* @__PURE__ */ zeroCodingTable();

/**
 * Sign context and sign flip by the state of the four nearest neighbours (Tables D.2 and D.3): `context << 1 | XORbit`.
 * The index has the significance of N, W, E, S in bits 1, 3, 5, 7 and, to the right of each, its sign (1 is negative).
 */
export const SIGN_CODING: Uint8Array = /* @__PURE__ */ signCodingTable();

function initialStates(): Uint8Array {
  const states = new Uint8Array(CONTEXTS);
  states[CONTEXT_ZERO] = 4;
  states[CONTEXT_RUN] = 3;
  states[CONTEXT_UNIFORM] = 46;
  return states;
}

function zeroCodingTable(): Uint8Array {
  const table = new Uint8Array(4 << 9);
  for (let n = 0; n < 512; n++) {
    const h = bit(n, 3) + bit(n, 5);
    const v = bit(n, 1) + bit(n, 7);
    const d = bit(n, 0) + bit(n, 2) + bit(n, 6) + bit(n, 8);
    table[n] = zeroCodingOfLowPass(h, v, d); // LL
    table[(1 << 9) | n] = zeroCodingOfLowPass(v, h, d); // HL: Table D.1 with the roles of H and V exchanged
    table[(2 << 9) | n] = zeroCodingOfLowPass(h, v, d); // LH
    table[(3 << 9) | n] = zeroCodingOfDiagonal(h + v, d); // HH
  }
  return table;
}

/** Table D.1, columns for LL and LH. */
function zeroCodingOfLowPass(h: number, v: number, d: number): number {
  if (h === 2) return 8;
  if (h === 1) return v >= 1 ? 7 : d >= 1 ? 6 : 5;
  if (v === 2) return 4;
  if (v === 1) return 3;
  return Math.min(d, 2);
}

/** Table D.1, columns for HH. */
function zeroCodingOfDiagonal(hv: number, d: number): number {
  if (d >= 3) return 8;
  if (d === 2) return hv >= 1 ? 7 : 6;
  if (d === 1) return 3 + Math.min(hv, 2);
  return Math.min(hv, 2);
}

function signCodingTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let n = 0; n < 256; n++) {
    const h = clampToSign(signAt(n, 3) + signAt(n, 5)); // W and E, Table D.2
    const v = clampToSign(signAt(n, 1) + signAt(n, 7)); // N and S
    // Table D.3 is symmetric: changing both signs keeps the context and flips the decision
    const flip = h < 0 || (h === 0 && v < 0);
    const side = flip ? -v : v;
    const context = h === 0 ? CONTEXT_SIGN + Math.abs(v) : CONTEXT_SIGN + 3 + side;
    table[n] = (context << 1) | (flip ? 1 : 0);
  }
  return table;
}

/** +1 or -1 for a significant neighbour, 0 for any other. */
function signAt(n: number, position: number): number {
  return bit(n, position) * (1 - 2 * bit(n, position - 1));
}

function clampToSign(sum: number): number {
  return Math.max(-1, Math.min(1, sum));
}

function bit(n: number, position: number): number {
  return (n >> position) & 1;
}
