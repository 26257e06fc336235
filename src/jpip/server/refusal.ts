/** Failures as answers: a status, and one line that says why (15444-9 D.1). */
import { JpipError } from '../errors.ts';

/** Reason phrases of the statuses that are used (D.1). */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** What is sent instead of what was asked for. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: Uint8Array;
}

/** The answer that a failure comes to. What went wrong inside is not for strangers. */
export function refusalOf(error: unknown): Refusal {
  const known = error instanceof JpipError;
  const status = known ? error.status : 500;
  return {
    status,
    reason: REASONS[status] ?? 'Error',
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-cache',
      ...(status === 405 ? { Allow: 'GET, HEAD, POST, OPTIONS' } : {}),
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    },
    text: asciiLine(known ? error.message : 'the server failed'),
  };
}

/** Texts of errors quote requests, whose characters may be any. */
function asciiLine(text: string): Uint8Array {
  return Uint8Array.from(`${text.replace(/[^ -~]/g, '?')}\n`, (c) => c.charCodeAt(0));
}
