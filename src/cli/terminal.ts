/** What the commands say on standard error: a progress bar where someone watches, plain lines otherwise. */

const BAR_WIDTH = 30;
const MIN_INTERVAL_MS = 80;

/** Shows how far a file is; does nothing when standard error is not a terminal. */
export class ProgressBar {
  private readonly label: string;
  private last = 0;
  private shown = false;

  constructor(label: string) {
    this.label = label.length > 30 ? `…${label.slice(-29)}` : label;
  }

  update(fraction: number): void {
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (now - this.last < MIN_INTERVAL_MS) return;
    this.last = now;
    const full = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_WIDTH);
    const percent = String(Math.floor(fraction * 100)).padStart(3);
    process.stderr.write(`\r${this.label} [${'#'.repeat(full)}${' '.repeat(BAR_WIDTH - full)}] ${percent} %`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) process.stderr.write('\r\u001b[K');
    this.shown = false;
  }
}

/** A line for the person at the terminal, never mixed into standard output. */
export function say(line: string): void {
  process.stderr.write(`${harmless(line)}\n`);
}

/** A line of the result. */
export function print(line: string): void {
  process.stdout.write(`${harmless(line)}\n`);
}

/** Text without what would steer a terminal: comments, labels, names and box types are whatever a file has. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** JSON with bytes shortened to their number and beginning, so that an ICC profile does not fill the screen. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, v) => {
      if (v instanceof Uint8Array) {
        const start = Array.from(v.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
        return { bytes: v.length, start };
      }
      return v === Number.POSITIVE_INFINITY ? null : v;
    },
    2,
  );
}
