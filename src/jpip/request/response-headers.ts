/**
 * The JPIP headers of a response (15444-9 D.2): what the server changed of a request, and what it granted.
 *
 * Apart from JPIP-cnew, JPIP-roi and JPIP-context a header has the grammar of the field it is named after. Reading is tolerant: a header that
 * makes no sense is left out and reported, because what comes with it may still be good. Names are written in the case that peers expect,
 * JPIP-cnew begins with the cid, and no value contains a colon with a space, which a client is known to take for a new header.
 */
import { JpipError, type JpipDiagnostic } from '../errors.ts';
import { type ExpandedContext, formatExpandedContext, parseExpandedContext } from './context-field.ts';
import {
  FIELD_SYNTAX,
  formatPreference,
  formatQuality,
  formatReturnType,
  formatTid,
  parseDimensions,
  parsePreference,
  parseQuality,
  parseReturnType,
  parseTid,
} from './field-syntax.ts';
import type { MetadataRequests, Preference, ReturnType, SampledRange, UintRange } from './fields.ts';
import {
  type FieldContext,
  fieldError,
  formatDecimal,
  formatList,
  formatNestedList,
  formatRange,
  formatSampledRange,
  formatText,
  formatToken,
  formatUint,
  formatYesNo,
  parseDecimal,
  parseList,
  parseNestedList,
  parsePair,
  parseRange,
  parseSampledRange,
  parseText,
  parseToken,
  parseUint,
  parseYesNo,
  unwritable,
} from './grammar.ts';
import { formatMetadataRequests, parseMetadataRequests } from './metadata-request.ts';

/** A size in samples. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** A place in samples. */
interface Offset {
  readonly x: number;
  readonly y: number;
}

/** A new channel (D.2.3). */
export interface NewChannel {
  readonly cid: string;
  /** Which of the offered transports it has. */
  readonly transport?: string;
  readonly host?: string;
  /** The path of later requests, mostly without a slash in front. */
  readonly path?: string;
  readonly port?: number;
  /** Where data comes from with http-tcp and http-udp. */
  readonly auxport?: number;
  /** Parameters that are not known. */
  readonly other?: readonly { readonly name: string; readonly value: string }[];
}

/** Where a named region lies (D.2.14). */
export interface RegionOfInterest {
  readonly name: string;
  readonly fsiz?: Size;
  readonly rsiz?: Size;
  readonly roff?: Offset;
}

/** All JPIP headers, those of them that are there. */
export interface JpipResponseHeaders {
  readonly tid?: string;
  readonly cnew?: NewChannel;
  readonly qid?: number;
  readonly fsiz?: Size;
  readonly rsiz?: Size;
  readonly roff?: Offset;
  readonly fvsiz?: readonly number[];
  readonly rvsiz?: readonly number[];
  readonly rvoff?: readonly number[];
  readonly comps?: readonly UintRange[];
  readonly stream?: readonly SampledRange[];
  readonly context?: readonly ExpandedContext[];
  readonly roi?: RegionOfInterest;
  readonly layers?: number;
  readonly srate?: number;
  readonly metareq?: MetadataRequests;
  readonly len?: number;
  /** 0 to 100; -1 when the server does not know. */
  readonly quality?: number;
  readonly type?: ReturnType;
  readonly mset?: readonly SampledRange[];
  readonly cap?: readonly string[];
  readonly pref?: readonly Preference[];
  readonly align?: boolean;
  readonly subtarget?: { readonly first: number; readonly last?: number };
  readonly handled?: string;
}

/** How one header is read and written. */
interface HeaderSyntax<T> {
  readonly clause: string;
  readonly parse: (text: string, field: FieldContext) => T;
  readonly format: (value: T) => string;
}

const SIZE = { parse: parseSize, format: ({ width, height }: Size) => formatList([width, height], formatUint) };
const OFFSET = { parse: parseOffset, format: ({ x, y }: Offset) => formatList([x, y], formatUint) };
const DIMENSIONS = { parse: parseDimensions, format: (sizes: readonly number[]) => formatList(sizes, formatUint) };
const UINT = { parse: parseUint, format: formatUint };
const STREAMS = {
  parse: (text: string, field: FieldContext) => parseList(text, field, parseSampledRange),
  format: (ranges: readonly SampledRange[]) => formatList(ranges, formatSampledRange),
};

/** The grammar of every header, in the order of the standard. */
const HEADER_SYNTAX: {
  readonly [name in keyof JpipResponseHeaders]-?: HeaderSyntax<Required<JpipResponseHeaders>[name]>;
} = {
  tid: { clause: 'D.2.2', parse: parseTid, format: formatTid },
  cnew: { clause: 'D.2.3', parse: parseNewChannel, format: formatNewChannel },
  qid: { clause: 'D.2.4', ...UINT },
  fsiz: { clause: 'D.2.5', ...SIZE },
  rsiz: { clause: 'D.2.6', ...SIZE },
  roff: { clause: 'D.2.7', ...OFFSET },
  fvsiz: { clause: 'D.2.8', ...DIMENSIONS },
  rvsiz: { clause: 'D.2.9', ...DIMENSIONS },
  rvoff: { clause: 'D.2.10', ...DIMENSIONS },
  comps: {
    clause: 'D.2.11',
    parse: (text, field) => parseList(text, field, parseRange),
    format: (ranges) => formatList(ranges, formatRange),
  },
  stream: { clause: 'D.2.12', ...STREAMS },
  context: {
    clause: 'D.2.13',
    parse: (text, field) => parseNestedList(text, field, parseExpandedContext, ';'),
    format: (contexts) => formatNestedList(contexts, formatExpandedContext, ';'),
  },
  roi: { clause: 'D.2.14', parse: parseRegion, format: formatRegion },
  layers: { clause: 'D.2.15', ...UINT },
  srate: { clause: 'D.2.16', parse: parseDecimal, format: formatDecimal },
  metareq: { clause: 'D.2.17', parse: parseMetadataRequests, format: formatMetadataRequests },
  len: { clause: 'D.2.18', ...UINT },
  quality: { clause: 'D.2.19', parse: parseQuality, format: formatQuality },
  type: { clause: 'D.2.20', parse: parseReturnType, format: formatReturnType },
  mset: { clause: 'D.2.21', ...STREAMS },
  cap: {
    clause: 'D.2.22',
    parse: (text, field) => parseList(text, field, parseToken),
    format: (tokens) => formatList(tokens, formatToken),
  },
  pref: {
    clause: 'D.2.23',
    parse: (text, field) => parseList(text, field, parsePreference),
    format: (preferences) => formatList(preferences, formatPreference),
  },
  align: { clause: 'D.2.24', parse: parseYesNo, format: formatYesNo },
  subtarget: {
    clause: 'D.2.25',
    parse: (text, field) => FIELD_SYNTAX.subtarget.parse(text, field, {}),
    format: FIELD_SYNTAX.subtarget.format,
  },
  handled: { clause: 'D.2.26', parse: parseText, format: formatText },
};

const HEADER_NAMES = /* @__PURE__ */ Object.keys(HEADER_SYNTAX) as readonly (keyof JpipResponseHeaders)[];

/** The full names of all JPIP headers, as they are written; a page of another origin sees only those that are exposed to it. */
export const RESPONSE_HEADER_NAMES: readonly string[] = /* @__PURE__ */ HEADER_NAMES.map((name) => `JPIP-${name}`);

/**
 * Reads the JPIP headers of a response. `get` finds a header by its name in any case, as `Headers.get` does. Headers that make no sense are left
 * out, and described in `problems`.
 *
 * @example
 * ```ts
 * parseResponseHeaders((name) => response.headers.get(name)).cnew?.cid;
 * ```
 */
export function parseResponseHeaders(
  get: (name: string) => string | null | undefined,
  problems: JpipDiagnostic[] = [],
): JpipResponseHeaders {
  const headers: Record<string, unknown> = {};
  for (const name of HEADER_NAMES) {
    const text = get(`JPIP-${name}`)?.trim();
    if (text === undefined) continue;
    const { clause, parse } = HEADER_SYNTAX[name];
    try {
      headers[name] = parse(text, { name: `JPIP-${name}`, clause, code: 'response-header' });
    } catch (error) {
      if (!(error instanceof JpipError)) throw error;
      problems.push({ code: error.code, message: error.reason, clause: `15444-9 ${clause}` });
    }
  }
  return headers;
}

/**
 * Writes JPIP headers, from name to value.
 *
 * @throws {JpipError} `option-value` where a value has no text that a header can carry.
 *
 * @example
 * ```ts
 * formatResponseHeaders({ cnew: { cid: 'a1', transport: 'http' } }); // { 'JPIP-cnew': 'cid=a1,transport=http' }
 * ```
 */
export function formatResponseHeaders(headers: JpipResponseHeaders): Record<string, string> {
  const written: Record<string, string> = {};
  for (const name of HEADER_NAMES) {
    const value = headers[name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const text = (HEADER_SYNTAX[name] as HeaderSyntax<unknown>).format(value);
    if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) || text.includes(': ')) {
      throw unwritable(`printable ASCII without a colon and a space in JPIP-${name}`);
    }
    written[`JPIP-${name}`] = text;
  }
  return written;
}

function parseSize(text: string, field: FieldContext): Size {
  const [width, height] = parsePair(text, field);
  return { width, height };
}

function parseOffset(text: string, field: FieldContext): Offset {
  const [x, y] = parsePair(text, field);
  return { x, y };
}

/** `name=value` pairs. */
function parsePairs(text: string, separator: string, field: FieldContext): { name: string; value: string }[] {
  return text.split(separator).map((pair) => {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    if (name === '') throw fieldError(field, 'names with values', text);
    return { name, value: pair.slice(equals + 1).trim() };
  });
}

function parseNewChannel(text: string, field: FieldContext): NewChannel {
  const channel: Record<string, unknown> = {};
  const other: { name: string; value: string }[] = [];
  for (const { name, value } of parsePairs(text, ',', field)) {
    if (name === 'port' || name === 'auxport') channel[name] = parseUint(value, field);
    else if (name === 'cid' || name === 'transport' || name === 'host' || name === 'path') channel[name] = value;
    else other.push({ name, value });
  }
  if (!channel.cid) throw fieldError(field, 'the cid of a channel', text);
  return { ...channel, ...(other.length > 0 ? { other } : {}) } as unknown as NewChannel;
}

function formatNewChannel({ cid, transport, host, path, port, auxport, other = [] }: NewChannel): string {
  const parameters: [string, string | undefined][] = [
    ['cid', cid],
    ['transport', transport],
    ['host', host],
    ['path', path],
    ['port', port === undefined ? undefined : formatUint(port)],
    ['auxport', auxport === undefined ? undefined : formatUint(auxport)],
    ...other.map(({ name, value }): [string, string] => [name, value]),
  ];
  return parameters
    .flatMap(([name, value]) => {
      if (value === undefined) return [];
      if (/[=,\s]/.test(name) || name === '')
        throw unwritable('names of channel parameters without delimiters in them');
      return [`${name}=${formatToken(value)}`];
    })
    .join(',');
}

/** `roi=name;fsiz=w,h;rsiz=w,h;roff=x,y`. */
function parseRegion(text: string, field: FieldContext): RegionOfInterest {
  const region: Record<string, unknown> = {};
  for (const { name, value } of parsePairs(text, ';', field)) {
    if (name === 'roi') region.name = value;
    else if (name === 'fsiz' || name === 'rsiz') region[name] = parseSize(value, field);
    else if (name === 'roff') region.roff = parseOffset(value, field);
  }
  if (!region.name) throw fieldError(field, 'the name of a region', text);
  return region as unknown as RegionOfInterest;
}

function formatRegion({ name, fsiz, rsiz, roff }: RegionOfInterest): string {
  if (name === '' || name.includes(';')) throw unwritable('the name of a region without semicolons');
  let text = `roi=${name}`;
  if (fsiz) text += `;fsiz=${SIZE.format(fsiz)}`;
  if (rsiz) text += `;rsiz=${SIZE.format(rsiz)}`;
  if (roff) text += `;roff=${OFFSET.format(roff)}`;
  return text;
}
