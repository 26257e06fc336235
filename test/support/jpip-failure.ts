/** Failures of JPIP as values. */
import { JpipError } from '../../src/jpip/errors.ts';

/** What a typed error says, without its message. */
export interface JpipFailure {
  readonly kind: string;
  readonly code: string;
  readonly offset: number | undefined;
  readonly clause: string | undefined;
  readonly status: number;
}

/** The typed error that a call throws; any other exception, or none, is a failure of the test. */
export function jpipFailureOf(run: () => unknown): JpipFailure {
  try {
    run();
  } catch (error) {
    if (!(error instanceof JpipError)) throw error;
    const { kind, code, offset, clause, status } = error;
    return { kind, code, offset, clause, status };
  }
  throw new Error('nothing was thrown');
}
