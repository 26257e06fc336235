/**
 * The adaptive run-length coder of the high-throughput cleanup pass, encoding (15444-15 clause 7.3.3).
 *
 * Its events say whether a quad without significant neighbours is empty. It is one method that takes them, and not a counter in the
 * loop over the quads: what V8 has seen of it counts wherever it is inlined, whereas a copy that the first code-blocks never came to
 * makes it throw away the whole loop later.
 */

import { MEL_EXPONENTS } from './ht-mel.ts';

/** A row of bits, most significant first in bytes that avoid markers. */
export class MelWriter {
  /** The bytes that are full. */
  readonly data = new Uint8Array(1024);
  length = 0;
  /** The byte at work, its bits from the top, and the number of bits that it still has room for. */
  byte = 0;
  room = 8;
  private state = 0;
  private run = 0;
  /** A run of so many zero events is full. */
  private runLength = 1;

  start(): void {
    this.run = 0;
    this.runLength = 1;
    this.length = 0;
    this.byte = 0;
    this.room = 8;
    this.state = 0;
  }

  /** One event, 0 or something else. */
  put(event: number): void {
    if (event !== 0) {
      this.putBits(this.run, (1 + MEL_EXPONENTS[this.state]) | 0);
      this.moveTo(Math.max(0, this.state - 1));
    } else {
      this.run = (this.run + 1) | 0;
      if (this.run === this.runLength) this.fullRun();
    }
  }

  /** After the last event. */
  finish(): void {
    // more zeros than there are, which nobody will ask for
    if (this.run > 0) this.fullRun();
  }

  private fullRun(): void {
    this.putBits(1, 1);
    this.moveTo(Math.min(12, this.state + 1));
  }

  private moveTo(state: number): void {
    this.run = 0;
    this.state = state;
    this.runLength = 1 << MEL_EXPONENTS[state];
  }

  /** At most six bits. */
  private putBits(bits: number, count: number): void {
    let { byte, room } = this;
    for (let k = (count - 1) | 0; k >= 0; k = (k - 1) | 0) {
      room = (room - 1) | 0;
      byte |= ((bits >> k) & 1) << room;
      if (room === 0) {
        this.data[this.length++] = byte;
        room = byte === 0xff ? 7 : 8;
        byte = 0;
      }
    }
    this.byte = byte;
    this.room = room;
  }
}
