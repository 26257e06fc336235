/**
 * A request read from its text: `name=value` joined by `&`, in the query of a GET, the body of a POST, or both (15444-9 C.1.2, F.2).
 *
 * A field that stands more than once: statements of the cache model add up in the order in which they come, which is how a body goes
 * on where a query ends; of any other field the last one counts, the body's after the query's, and the repetition is reported. Fields that
 * are not known are kept and reported. A known field with a value that makes no sense refuses the request, because to guess would be
 * to answer another one.
 */
import { JpipError, type JpipDiagnostic } from '../errors.ts';
import { DEFAULT_JPIP_LIMITS, type JpipLimits } from '../limits.ts';
import { CACHE_FIELDS, FIELD_SYNTAX, isFieldName } from './field-syntax.ts';
import type { JpipRequest, UnknownField } from './fields.ts';
import type { FieldContext } from './grammar.ts';
import { percentDecode } from './percent.ts';

/** Fields of a request at most, known or not: each costs memory of its own. */
const MOST_FIELDS = 1000;

/** What a request may cost. */
export interface ParseRequestOptions {
  /** Default: the limits that hold where nothing else is said. */
  readonly limits?: Partial<Pick<JpipLimits, 'requestBytes' | 'modelStatements'>>;
}

/** A request and what is odd about it. */
export interface ParsedRequest {
  readonly request: JpipRequest;
  readonly problems: JpipDiagnostic[];
}

/**
 * Reads a request. `query` is what stands after `?`, `body` the text of a POST; offsets in complaints count through both.
 *
 * @throws {JpipError} `request-syntax`, `request-field` or `limit-request`, with the status to answer with.
 *
 * @example
 * ```ts
 * const { request } = parseRequest('target=a.jp2&fsiz=256,256&type=jpp-stream');
 * request.fsiz; // { width: 256, height: 256 }
 * ```
 */
export function parseRequest(query: string, body = '', options: ParseRequestOptions = {}): ParsedRequest {
  const limits = { ...DEFAULT_JPIP_LIMITS, ...options.limits };
  const characters = query.length + body.length;
  if (characters > limits.requestBytes) {
    throw new JpipError(
      'limit',
      'limit-request',
      `a request of ${characters} characters; the limit is ${limits.requestBytes}`,
    );
  }
  const fields = new Map<string, unknown>();
  const unknown: UnknownField[] = [];
  const problems: JpipDiagnostic[] = [];
  let statements = 0;
  let count = 0;
  for (const { name, value, offset } of fieldsOf(query, withoutLineEnd(body))) {
    if (++count > MOST_FIELDS)
      throw new JpipError('limit', 'limit-request', `more than ${MOST_FIELDS} fields`, { offset });
    if (!isFieldName(name)) {
      unknown.push({ name, value });
      problems.push({
        code: 'request-field',
        message: `the field '${name}' is not known`,
        offset,
        clause: '15444-9 C.1.1',
      });
      continue;
    }
    const { clause, parse } = FIELD_SYNTAX[name];
    const field: FieldContext = { name, clause, code: 'request-field', offset };
    const parsed = parse(value, field, { maxStatements: limits.modelStatements - statements });
    const before = fields.get(name);
    if (CACHE_FIELDS.includes(name)) {
      const added = parsed as readonly unknown[];
      statements += added.length;
      fields.set(name, before === undefined ? added : [...(before as readonly unknown[]), ...added]);
      continue;
    }
    if (before !== undefined) {
      problems.push({ code: 'request-field', message: `${name} stands twice; the last one counts`, offset });
    }
    fields.set(name, parsed);
  }
  const request = { ...Object.fromEntries(fields), ...(unknown.length > 0 ? { unknown } : {}) } as JpipRequest;
  return { request, problems };
}

/** Text without the line ends behind it; not by a pattern, which takes time with the square of those in the middle. */
function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\r' || text[end - 1] === '\n')) end--;
  return text.slice(0, end);
}

/** The fields of query and body, decoded. Nothing between two `&` is no field. */
function* fieldsOf(query: string, body: string): Generator<{ name: string; value: string; offset: number }> {
  let start = 0;
  for (const text of [query, body]) {
    let at = 0;
    for (const field of text.split('&')) {
      if (field !== '') {
        const offset = start + at;
        const equals = field.indexOf('=');
        const end = equals < 0 ? field.length : equals;
        const value = percentDecode(field.slice(end + 1), offset + end + 1);
        yield { name: percentDecode(field.slice(0, end), offset), value, offset };
      }
      at += field.length + 1;
    }
    start += text.length;
  }
}
