/**
 * Names of other files: the data reference box and its URL boxes (15444-2 M.11.2; 15444-1 I.7.3.2), and the
 * cross-reference box, which stands for a box elsewhere (15444-2 M.11.5).
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, overLimit } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, readType, writeBox } from './box.ts';
import { type Fragment, readFragments, writeFragmentList } from './fragment-list.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** Another file, as a file names it. */
export interface DataReference {
  /** The text that stands there. Whoever wrote the file chose it: it may be any scheme, and lead anywhere. */
  readonly url: string;
  /**
   * The same as a relative path that stays below where it starts: no scheme, no host, no drive, no leading slash, no
   * `..`, no backslash or NUL, percent-escapes undone. `undefined` for everything else.
   */
  readonly safe: string | undefined;
}

/** URL (15444-1 I.7.3.2): version, flags, and a string that ends with a NUL. */
export function readUrl(box: BoxContent): string {
  const fields = fieldsOf(box, '15444-1 I.7.3.2');
  fields.slice(4); // VERS and FLAG, both zero
  return decodeUtf8(fields.rest()).replace(/\0.*$/s, '');
}

/** A whole URL box. */
export function writeUrl(w: ByteWriter, url: string): void {
  writeBox(w, 'url ', () => {
    w.u32(0);
    w.append(encodeUtf8(url));
    w.u8(0);
  });
}

/** The data reference box (15444-2 M.11.2): a count, then URL boxes; entry n of it is `result[n - 1]`. */
export function readDataReferences(box: BoxContent, log: DiagnosticLog): DataReference[] {
  const count = fieldsOf(box, '15444-2 M.11.2').u16();
  const references: DataReference[] = [];
  for (const inner of boxesIn(box.content.subarray(2), contentOffset(box) + 2, log)) {
    if (inner.type !== 'url ') continue;
    if (references.length === 65535) throw overLimit('fragment', 'more data references than there are numbers for');
    const url = readUrl(inner);
    references.push({ url, safe: safePath(url) });
  }
  if (references.length !== count) {
    const message = `the data reference box says ${count} entries and has ${references.length}`;
    log.add('box-value', message, { offset: box.offset, clause: '15444-2 M.11.2' });
  }
  return references;
}

/** A whole data reference box. */
export function writeDataReferences(w: ByteWriter, urls: readonly string[]): void {
  writeBox(w, 'dtbl', () => {
    w.u16(urls.length);
    for (const url of urls) writeUrl(w, url);
  });
}

/** A URL as a relative path that stays below where it starts; `undefined` for any other. */
export function safePath(url: string): string | undefined {
  const bare = url.replace(/[?#].*$/s, '');
  const path = percentDecoded(bare);
  if (path === undefined || path === '' || path.startsWith('/')) return undefined;
  if (/[\\\0:]/.test(path)) return undefined; // drives, schemes, streams
  const parts = path.split('/').filter((part) => part !== '.' && part !== '');
  if (parts.length === 0 || parts.includes('..')) return undefined;
  return parts.join('/');
}

/** Percent-escapes undone (RFC 3986 2.1); `undefined` where one is cut off or what comes out is no UTF-8. */
function percentDecoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  for (let k = 0; k < text.length; k++) {
    const code = text.charCodeAt(k);
    if (text[k] !== '%') {
      bytes.push(...encodeUtf8(text[k]));
      if (code >= 0xd800 && code < 0xe000) return undefined;
      continue;
    }
    const digits = text.slice(k + 1, k + 3);
    if (!/^[0-9a-f]{2}$/i.test(digits)) return undefined;
    bytes.push(Number.parseInt(digits, 16));
    k += 2;
  }
  const decoded = decodeUtf8(Uint8Array.from(bytes));
  return decoded.includes('\ufffd') ? undefined : decoded;
}

/** A cross-reference (15444-2 M.11.5): a box of a type, whose contents stand elsewhere. */
export interface CrossReference {
  /** Rtyp. */
  readonly type: string;
  readonly fragments: readonly Fragment[];
}

/** Cross-reference (15444-2 M.11.5): a type, then a fragment list box. */
export function readCrossReference(box: BoxContent, log: DiagnosticLog, size?: number): CrossReference {
  const type = readType(fieldsOf(box, '15444-2 M.11.5'));
  return { type, fragments: readFragments(box, log, size) };
}

/** A whole cross-reference box. */
export function writeCrossReference(w: ByteWriter, { type, fragments }: CrossReference): void {
  writeBox(w, 'cref', () => {
    w.text(type);
    writeFragmentList(w, fragments);
  });
}
