/** One line for each response, for whoever keeps a log. */

/** What a handler tells of a response when it has ended. */
export interface AccessLogEntry {
  /** When the request came, in milliseconds since 1970. */
  readonly time: number;
  /** Address of the client, where the platform says it. */
  readonly remote?: string;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** As in `1.1` or `2.0`; undefined where the platform does not say. */
  readonly httpVersion?: string;
  readonly status: number;
  /** Bytes of the body that were handed to the platform. */
  readonly bytes: number;
  /** From the request to the end of the response. */
  readonly ms: number;
  /** True when the response did not reach its end: the client went away, or the server failed. */
  readonly aborted: boolean;
}

/**
 * A log line in the Common Log Format, with the milliseconds at the end, and `aborted` where the response was cut.
 *
 * @example
 * ```ts
 * createServer(nodeHandler(engine, { accessLog: (entry) => console.log(formatAccessLog(entry)) }));
 * ```
 */
export function formatAccessLog(entry: AccessLogEntry): string {
  const { remote = '-', method, url, httpVersion, status, bytes, ms, aborted } = entry;
  const time = new Date(entry.time).toISOString().replace(/\.\d+Z$/, 'Z');
  const request = `${method} ${url}${httpVersion === undefined ? '' : ` HTTP/${httpVersion}`}`;
  return `${oneWord(remote)} - - [${time}] "${quotable(request)}" ${status} ${bytes} ${Math.round(ms)} ms${aborted ? ' aborted' : ''}`;
}

/** What a client sends must not end the quotation, nor the line. */
function quotable(text: string): string {
  return text.replace(/["\\]|[^\x20-\x7e]/g, (c) =>
    c === '"' || c === '\\' ? `\\${c}` : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function oneWord(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '_');
}
