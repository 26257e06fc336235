/** Failures as values. */
import { Jpeg2000Error } from '../../src/codec/errors.ts';

/** What a typed error says, without its message. */
export interface Failure {
  readonly kind: string;
  readonly code: string;
  readonly offset: number | undefined;
  readonly clause: string | undefined;
}

/** The typed error that a call throws; any other exception, or none, is a failure of the test. */
export function failureOf(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    const { kind, code, offset, clause } = error;
    return { kind, code, offset, clause };
  }
  throw new Error('nothing was thrown');
}

/** The same for a call that takes its time. */
export async function failureOfAsync(run: () => Promise<unknown>): Promise<Failure> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    const { kind, code, offset, clause } = error;
    return { kind, code, offset, clause };
  }
  throw new Error('nothing was thrown');
}
