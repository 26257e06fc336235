/**
 * Cases written as documents: Markdown in which every second-level heading is a case, with a paragraph of why, the clause, and fenced blocks
 * that are run. `test/documents/README.md` describes the form.
 */

/** A fenced block. */
export interface DocumentBlock {
  /** The first word behind the fence. */
  readonly kind: string;
  /** The rest of that line. */
  readonly argument: string;
  readonly text: string;
}

/** One case. */
export interface DocumentCase {
  readonly name: string;
  /** Everything outside of blocks. */
  readonly prose: string;
  readonly clause: string | undefined;
  readonly blocks: readonly DocumentBlock[];
}

/** Takes a document apart. */
export function parseDocument(markdown: string): DocumentCase[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [name = '', ...lines] = section.split('\n');
      const body = lines.join('\n');
      const blocks = [...body.matchAll(/^```(\S+)[ ]?(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
        kind: match[1]!,
        argument: match[2]!.trim(),
        text: match[3]!,
      }));
      const prose = body.replace(/^```[\s\S]*?^```$/gm, '').trim();
      return { name: name.trim(), prose, clause: /^Clause: (.+)$/m.exec(prose)?.[1], blocks };
    });
}

/** Bytes that are written out, or some that are only counted or taken from the file that is served. */
export type Annotated = Uint8Array | { readonly any: number } | { readonly offset: number; readonly length: number };

/** Reads annotated bytes: hex in front of `|`, `<5 bytes>` for any five, `<file 97+25>` for 25 bytes of the file from byte 97. */
export function parseAnnotated(text: string): Annotated[] {
  const parts: Annotated[] = [];
  for (const line of text.split('\n')) {
    const [bytes = ''] = line.split('|');
    for (const word of bytes.match(/<[^>]*>|\S+/g) ?? []) {
      const any = /^<(\d+) bytes?>$/.exec(word);
      const file = /^<file (\d+)\+(\d+)>$/.exec(word);
      if (any) parts.push({ any: Number(any[1]) });
      else if (file) parts.push({ offset: Number(file[1]), length: Number(file[2]) });
      else if (/^([0-9a-f]{2})+$/.test(word)) parts.push(Uint8Array.from(Buffer.from(word, 'hex')));
      else throw new Error(`'${word}' is neither hex nor a number of bytes`);
    }
  }
  return parts;
}

/** Bytes of a file: hex in front of `|`, `<2000 of 78>` for a byte that comes 2000 times, `<name>` for a picture of `test/fixtures`. */
export function fileBytes(text: string, picture: (name: string) => Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const line of text.split('\n')) {
    for (const word of line.split('|')[0]!.match(/<[^>]*>|\S+/g) ?? []) {
      const repeated = /^<(\d+) of ([0-9a-f]{2})>$/.exec(word);
      if (repeated) parts.push(new Uint8Array(Number(repeated[1])).fill(Number.parseInt(repeated[2]!, 16)));
      else if (word.startsWith('<')) parts.push(picture(word.slice(1, -1)));
      else parts.push(annotatedBytes(word));
    }
  }
  return Buffer.concat(parts);
}

/** Annotated bytes that are all written out. */
export function annotatedBytes(text: string): Uint8Array {
  return Buffer.concat(
    parseAnnotated(text).map((part) => {
      if (part instanceof Uint8Array) return part;
      throw new Error('expected bytes that are all written out');
    }),
  );
}

/** Where bytes differ from annotated ones; nothing when they do not. */
export function differenceFrom(
  annotated: readonly Annotated[],
  bytes: Uint8Array,
  file: Uint8Array,
): string | undefined {
  let at = 0;
  for (const part of annotated) {
    const expected =
      part instanceof Uint8Array
        ? part
        : 'any' in part
          ? undefined
          : file.subarray(part.offset, part.offset + part.length);
    const length = expected?.length ?? (part as { any: number }).any;
    const found = bytes.subarray(at, at + length);
    if (found.length < length) return `${length} bytes expected at byte ${at}, ${found.length} there`;
    const wrong = expected?.findIndex((byte, k) => byte !== found[k]) ?? -1;
    if (expected && wrong >= 0) {
      return `byte ${at + wrong}: ${hexOf(expected.subarray(wrong, wrong + 8))} expected, ${hexOf(found.subarray(wrong, wrong + 8))} found`;
    }
    at += length;
  }
  return at < bytes.length
    ? `${bytes.length - at} bytes more than expected: ${hexOf(bytes.subarray(at, at + 16))}`
    : undefined;
}

/** Bytes in hex. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/../g, '$& ').trim();
}
