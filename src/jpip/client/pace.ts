/**
 * How much to ask for at once (`len`, 15444-9 C.6.1), so that a response takes no longer than a chosen time.
 *
 * A view that has moved on has to wait for the response before, so responses must be short; but each costs a round trip, so they must not
 * be too short. What a connection carries is learnt from the responses so far.
 */

/** Bytes of the first response, and the fewest of any. */
const FIRST_BYTES = 32768;
const FEWEST_BYTES = 2048;
/** A response may be at most so many times as long as the longest before: one that came from a cache on the way says little. */
const MOST_GROWTH = 4;
/** Weight of what was measured last. */
const NEWEST = 0.5;

/** What a connection was seen to carry. */
export class Pace {
  private readonly latencyMs: number;
  private readonly mostBytes: number;
  private longest = FIRST_BYTES / MOST_GROWTH;
  private bytesPerMs: number | undefined;
  private waitMs = 0;

  constructor(latencyMs: number, mostBytes: number) {
    this.latencyMs = latencyMs;
    this.mostBytes = mostBytes;
  }

  /** Bytes to ask for next. */
  get length(): number {
    const grown = this.longest * MOST_GROWTH;
    if (this.bytesPerMs === undefined) return Math.min(this.mostBytes, grown);
    const time = Math.max(this.latencyMs - this.waitMs, this.latencyMs / 4);
    const fitting = Math.max(FEWEST_BYTES, Math.floor(this.bytesPerMs * time));
    return Math.min(this.mostBytes, grown, fitting);
  }

  /** A response of `bytes` began `waitMs` after its request and took `bodyMs` from then on. */
  measured(bytes: number, waitMs: number, bodyMs: number): void {
    this.waitMs += NEWEST * (waitMs - this.waitMs);
    // little that comes at once may have waited in a buffer
    if (bytes < FEWEST_BYTES) return;
    this.longest = Math.max(this.longest, Math.min(bytes, this.mostBytes));
    const rate = bytes / Math.max(bodyMs, 0.1);
    this.bytesPerMs = this.bytesPerMs === undefined ? rate : this.bytesPerMs + NEWEST * (rate - this.bytesPerMs);
  }
}
