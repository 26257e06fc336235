/**
 * A request written as text, for the query of a GET or the body of a POST (15444-9 C.1.2): {@link parseRequest} gives back what went in.
 *
 * Fields stand in the order of the standard, fields that are not known behind them. An empty list says nothing and is left out.
 */
import { FIELD_NAMES, FIELD_SYNTAX, type FieldSyntax, isFieldName } from './field-syntax.ts';
import type { JpipRequest } from './fields.ts';
import { unwritable } from './grammar.ts';
import { percentEncode, percentEncodeName } from './percent.ts';

/**
 * Writes a request.
 *
 * @throws {JpipError} `option-value` where a value has no text, such as half a layer.
 *
 * @example
 * ```ts
 * formatRequest({ target: 'a b.jp2', fsiz: { width: 256, height: 256 }, metareq: { requests: [{ boxes: [{ type: 'xml ' }] }] } });
 * // target=a%20b.jp2&fsiz=256,256&metareq=[xml_]
 * ```
 */
export function formatRequest(request: JpipRequest): string {
  const fields: string[] = [];
  for (const name of FIELD_NAMES) {
    const value = request[name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const { format } = FIELD_SYNTAX[name] as FieldSyntax<unknown>;
    fields.push(`${name}=${percentEncode(format(value))}`);
  }
  for (const { name, value } of request.unknown ?? []) {
    if (isFieldName(name)) throw unwritable(`${name} among the fields that are known`);
    fields.push(
      value === '' && name !== '' ? percentEncodeName(name) : `${percentEncodeName(name)}=${percentEncode(value)}`,
    );
  }
  return fields.join('&');
}
