/**
 * Cross-origin requests (Fetch standard, "CORS protocol"): pages of other sites may ask, and may see the headers that JPIP answers with.
 *
 * Without `Access-Control-Expose-Headers` a script sees neither the channel (JPIP-cnew) nor the target identifier (JPIP-tid), so that every
 * request would start anew.
 */
import { RESPONSE_HEADER_NAMES } from '../request/response-headers.ts';

/** Who may ask from another origin. */
export interface CorsOptions {
  /** Origins as browsers write them (`https://example.org`), `*` for all, or a function that decides. Default `*`. */
  readonly origin?: string | readonly string[] | ((origin: string) => boolean);
  /** Allow cookies and other credentials; the answer then names the origin instead of `*`. Default false. */
  readonly credentials?: boolean;
  /** Seconds for which a browser may remember the answer to a preflight. Default one day. */
  readonly maxAge?: number;
}

const EXPOSED = /* @__PURE__ */ [...RESPONSE_HEADER_NAMES, 'Content-Length', 'Retry-After'].join(', ');
const METHODS = 'GET, HEAD, POST, OPTIONS';
const DAY = 86_400;

/** Headers that go with every answer to a request; none where its origin may not ask. */
export function corsHeaders(cors: CorsOptions | undefined, origin: string | undefined): Record<string, string> {
  if (cors === undefined) return {};
  const { origin: allowed = '*', credentials = false } = cors;
  const anyone = allowed === '*' && !credentials;
  // the answer depends on who asks, which caches have to know also where nobody asked from elsewhere
  const vary: Record<string, string> = anyone ? {} : { Vary: 'Origin' };
  if (!anyone && (origin === undefined || !isAllowed(allowed, origin))) return vary;
  return {
    ...vary,
    'Access-Control-Allow-Origin': anyone ? '*' : origin!,
    ...(credentials ? { 'Access-Control-Allow-Credentials': 'true' } : {}),
    'Access-Control-Expose-Headers': EXPOSED,
    // pages that are isolated from other origins (COEP) load pictures only with this
    'Cross-Origin-Resource-Policy': 'cross-origin',
  };
}

/** What an answer to a preflight has besides. `wanted` is the value of `Access-Control-Request-Headers`. */
export function preflightHeaders(cors: CorsOptions, wanted: string | undefined): Record<string, string> {
  // whatever headers a client wishes to send are harmless here: nothing but the standard's fields is looked at
  const names = (wanted ?? '').split(',').map((name) => name.trim());
  const headers = names.filter((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name)).join(', ');
  return {
    'Access-Control-Allow-Methods': METHODS,
    ...(headers === '' ? {} : { 'Access-Control-Allow-Headers': headers }),
    'Access-Control-Max-Age': String(cors.maxAge ?? DAY),
  };
}

function isAllowed(allowed: NonNullable<CorsOptions['origin']>, origin: string): boolean {
  if (typeof allowed === 'function') return allowed(origin);
  return allowed === '*' || (typeof allowed === 'string' ? allowed === origin : allowed.includes(origin));
}
