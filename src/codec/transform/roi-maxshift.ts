/**
 * Regions of interest with Maxshift, both ways (15444-1 H.1, H.2).
 *
 * The encoder moved the coefficients of the region s bit-planes up, above all others. So whatever reaches 2^s belongs to the
 * region and goes back down; no mask is needed.
 */

/**
 * In place on `n` values from `v[from]` on, which are doubled magnitudes with the half-step bit as block coders deliver them (see
 * `quantization`). Shifting may push the half-step bit out; it is put back, so that a fully decoded value keeps its form 2q + 1.
 */
export function inverseMaxshift(v: Int32Array, from: number, n: number, shift: number): void {
  if (shift >= 31) return; // nothing that 32 bits hold can reach the region
  // |V| >= 2^(s + 1) is the same as magnitude >= 2^s, because V is doubled
  const threshold = 2 ** (shift + 1);
  for (let k = from; k < from + n; k++) {
    const value = v[k];
    const magnitude = value < 0 ? -value : value;
    if (magnitude < threshold) continue;
    const halfStep = magnitude & -magnitude;
    const shifted = halfStep >> shift === 0 ? (magnitude >> shift) | 1 : magnitude >> shift;
    v[k] = value < 0 ? -shifted : shifted;
  }
}

/** Moves the integer coefficients of the region, where `mask` is not 0, up by `shift` bit-planes (H.2). In place, on `n` values. */
export function forwardMaxshift(q: Int32Array, n: number, mask: Uint8Array, shift: number): void {
  for (let k = 0; k < n; k++) {
    if (mask[k] !== 0) q[k] <<= shift;
  }
}
