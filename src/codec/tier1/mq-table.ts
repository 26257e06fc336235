/**
 * The probability state machine of the MQ coder (15444-1 Table C.2; the same as in 14492 Annex E).
 *
 * A context is in one of 47 states, each with an estimate Qe of the probability of the less probable symbol (LPS), and
 * remembers which symbol is the more probable one (MPS). Coding an LPS, or an MPS that needs a renormalisation, moves it
 * to another state; in three states an LPS also exchanges the sense of MPS.
 */

/** Table C.2, four numbers a row: Qe, NMPS, NLPS, SWITCH. Qe is in units where 0x8000 stands for 3/4. */
// biome-ignore format: one row of the table a line
export const MQ_STATES: Uint16Array = /* @__PURE__ */ Uint16Array.of(
  0x5601, 1, 1, 1,
  0x3401, 2, 6, 0,
  0x1801, 3, 9, 0,
  0x0ac1, 4, 12, 0,
  0x0521, 5, 29, 0,
  0x0221, 38, 33, 0,
  0x5601, 7, 6, 1,
  0x5401, 8, 14, 0,
  0x4801, 9, 14, 0,
  0x3801, 10, 14, 0,
  0x3001, 11, 17, 0,
  0x2401, 12, 18, 0,
  0x1c01, 13, 20, 0,
  0x1601, 29, 21, 0,
  0x5601, 15, 14, 1,
  0x5401, 16, 14, 0,
  0x5101, 17, 15, 0,
  0x4801, 18, 16, 0,
  0x3801, 19, 17, 0,
  0x3401, 20, 18, 0,
  0x3001, 21, 19, 0,
  0x2801, 22, 19, 0,
  0x2401, 23, 20, 0,
  0x2201, 24, 21, 0,
  0x1c01, 25, 22, 0,
  0x1801, 26, 23, 0,
  0x1601, 27, 24, 0,
  0x1401, 28, 25, 0,
  0x1201, 29, 26, 0,
  0x1101, 30, 27, 0,
  0x0ac1, 31, 28, 0,
  0x09c1, 32, 29, 0,
  0x08a1, 33, 30, 0,
  0x0521, 34, 31, 0,
  0x0441, 35, 32, 0,
  0x02a1, 36, 33, 0,
  0x0221, 37, 34, 0,
  0x0141, 38, 35, 0,
  0x0111, 39, 36, 0,
  0x0085, 40, 37, 0,
  0x0049, 41, 38, 0,
  0x0025, 42, 39, 0,
  0x0015, 43, 40, 0,
  0x0009, 44, 41, 0,
  0x0005, 45, 42, 0,
  0x0001, 45, 43, 0,
  0x5601, 46, 46, 0,
);

/**
 * The state machine as the coders want it, four words for each state and MPS: the word of the context itself, then what it
 * becomes after an MPS with renormalisation and after an LPS. So the next one is found by adding 0, 1 or 2. Bits of a word:
 *
 * ```
 *   31      MPS
 *   30..15  Qe, at the scale of their registers
 *   8..0    where the word stands in the memory of a coder, which has the table from 32 on
 * ```
 */
export const MQ_ENTRIES: Int32Array = /* @__PURE__ */ packStates(MQ_STATES);

/** The word of a context that starts in `state` with MPS 0. */
export function entryOf(state: number): number {
  return MQ_ENTRIES[8 * state]!;
}

function packStates(states: Uint16Array): Int32Array {
  const entryAt = (state: number, mps: number) => (mps << 31) | (states[4 * state]! << 15) | (32 + 8 * state + 4 * mps);
  const entries = new Int32Array(47 * 8);
  for (let state = 0; state < 47; state++) {
    const [, nmps, nlps, exchange] = states.subarray(4 * state, 4 * state + 4) as unknown as number[];
    for (let mps = 0; mps < 2; mps++) {
      entries[8 * state + 4 * mps] = entryAt(state, mps);
      entries[8 * state + 4 * mps + 1] = entryAt(nmps!, mps);
      entries[8 * state + 4 * mps + 2] = entryAt(nlps!, mps ^ exchange!);
    }
  }
  return entries;
}
