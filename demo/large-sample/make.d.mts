/** Where samples are kept. */
export const CACHE: string;

/** The path of the sample, `side` points wide and high, which is made if it is not there. */
export function largeSample(options: {
  side: number;
  folder?: string;
  onProgress?: (fraction: number) => void;
}): Promise<{ path: string; made: boolean; bytes: number }>;

/** Says on a terminal how far something is, and elsewhere nothing. */
export function progressBar(label: string): { update(fraction: number): void; clear(): void };
