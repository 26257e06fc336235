/**
 * The address of a remote picture: `https://host/path?target=…`, or `jpip://host/…` (15444-9 C.1.1).
 *
 * The path names the target where no field does. Fields in the address are those of the user; what JPIP does not know of them, as a
 * token, goes along with every request.
 */
import { JpipError } from '../errors.ts';
import type { JpipRequest } from '../request/fields.ts';
import { formatRequest } from '../request/format-request.ts';
import { parseRequest } from '../request/parse-request.ts';
import type { JpipResponseHeaders } from '../request/response-headers.ts';

/** An address taken apart. */
export interface TargetAddress {
  /** Scheme and host, as `https://example.org`; empty for an address within the page's own server. */
  readonly origin: string;
  /** Origin and path. */
  readonly base: string;
  /** Fields that name the target. */
  readonly target: Pick<JpipRequest, 'target' | 'subtarget'>;
  /** Fields that go along with every request. */
  readonly extra: Pick<JpipRequest, 'unknown'>;
  /** Names what is held of it in stores. */
  readonly name: string;
}

/** Takes an address apart. */
export function parseAddress(url: string): TargetAddress {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/([^/?#]+))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/i.exec(url);
  const [, scheme = '', host = '', path = '', query = ''] = match ?? [];
  const http = SCHEMES[scheme.toLowerCase()];
  const isOther = scheme === '' && /^[a-z][a-z0-9+.-]*:/i.test(path);
  if (!match || http === undefined || isOther || (host === '' && path === '' && query === '')) {
    throw new JpipError('usage', 'option-value', `expected an address of http, https, jpip or jpips, found ${url}`);
  }
  const origin = host === '' ? '' : `${http}://${host}`;
  const { request } = parseRequest(query);
  const target = {
    ...(request.target === undefined ? {} : { target: request.target }),
    ...(request.subtarget === undefined ? {} : { subtarget: request.subtarget }),
  };
  const extra = request.unknown ? { unknown: request.unknown } : {};
  const base = `${origin}${path}`;
  const named = formatRequest(target);
  return { origin, base, target, extra, name: named === '' ? base : `${base}?${named}` };
}

/** Where the requests of a channel go, as the server says (D.2.3); nothing where it does not. */
export function channelAddress(
  { origin, base }: TargetAddress,
  { host, port, path }: NonNullable<JpipResponseHeaders['cnew']>,
  leavesHost: boolean,
): string | undefined {
  if (host === undefined && port === undefined && path === undefined) return undefined;
  const scheme = /^[^:]+:\/\//.exec(origin)?.[0] ?? '';
  const own = origin.slice(scheme.length).replace(/:\d+$/, '');
  const moved = leavesHost && (host !== undefined || port !== undefined);
  const there = moved && scheme !== '' ? `${scheme}${host ?? own}${port === undefined ? '' : `:${port}`}` : origin;
  const [, ownPath = ''] = /^(?:[^:]+:\/\/[^/]+)?(.*)$/.exec(base) ?? [];
  return `${there}${path === undefined ? ownPath : `/${path.replace(/^\/+/, '')}`}`;
}

const SCHEMES: Readonly<Record<string, string>> = {
  '': '',
  http: 'http',
  https: 'https',
  jpip: 'http',
  jpips: 'https',
};
