/** Runs the protocol cases of `test/documents/jpip`. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/codec/bits/byte-writer.ts';
import { readPlaceholder, writePlaceholder } from '../../src/codec/fileformat/placeholder.ts';
import { createJpipEngine } from '../../src/jpip-server.ts';
import { JpipError } from '../../src/jpip/errors.ts';
import { formatRequest } from '../../src/jpip/request/format-request.ts';
import { parseRequest } from '../../src/jpip/request/parse-request.ts';
import { formatResponseHeaders, parseResponseHeaders } from '../../src/jpip/request/response-headers.ts';
import type { MessageHeader } from '../../src/jpip/wire/message.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import { MessageWriter } from '../../src/jpip/wire/message-writer.ts';
import { readVbas, vbasLength, writeVbas } from '../../src/jpip/wire/vbas.ts';
import { bytesSource } from '../../src/index.ts';
import { inPieces } from '../arbitraries/jpip-messages.ts';
import {
  annotatedBytes,
  differenceFrom,
  fileBytes,
  type DocumentBlock,
  type DocumentCase,
  hexOf,
  parseAnnotated,
  parseDocument,
} from '../support/documents.ts';
import { inRepository } from '../support/root.ts';

const FOLDER = inRepository('test/documents/jpip');

/** What kind of block comes out of which. */
const RUNNERS: Readonly<Record<string, (block: DocumentBlock, results: readonly DocumentBlock[]) => void>> = {
  vbas: (block, results) => {
    const bytes = annotatedBytes(block.text);
    if (expectsFailure(results, () => readVbas(bytes, 0))) return;
    const value = Number(resultOf(results, 'number'));
    expect(readVbas(bytes, 0)).toEqual({ value, next: bytes.length });
    if (block.argument === 'tolerated') return;
    const out = new Uint8Array(vbasLength(value));
    writeVbas(out, 0, value);
    expect(hexOf(out)).toBe(hexOf(bytes));
  },
  messages: (block, results) => {
    const bytes = annotatedBytes(block.text);
    const trace = resultOf(results, 'trace').trim().split('\n');
    expect(traceOf([bytes])).toEqual(trace);
    expect(traceOf(inPieces(bytes, [1]))).toEqual(trace);
    if (block.argument === 'rewritten') expect(hexOf(rewritten(bytes))).toBe(hexOf(bytes));
  },
  placeholder: (block, results) => {
    const content = annotatedBytes(block.text);
    const value = readPlaceholder({ type: 'phld', offset: 0, headerLength: 8, length: 8 + content.length, content });
    expect(value).toEqual(JSON.parse(resultOf(results, 'json')));
    if (block.argument === 'tolerated') return;
    const w = new ByteWriter();
    writePlaceholder(w, value);
    expect(hexOf(w.take().subarray(8))).toBe(hexOf(content));
  },
  request: (block, results) => {
    const [query = '', body = ''] = block.text.trimEnd().split('\n');
    if (expectsFailure(results, () => parseRequest(query, body))) return;
    const { request, problems } = parseRequest(query, body);
    expect(request).toEqual(JSON.parse(resultOf(results, 'json')));
    const expected = results.find(({ kind }) => kind === 'problems')?.text ?? '';
    expect(problems.map(({ code, message, offset }) => `${code} at ${offset}: ${message}\n`).join('')).toBe(expected);
    const written = block.argument === 'tolerated' ? resultOf(results, 'written').trimEnd() : query;
    expect(formatRequest(request)).toBe(written);
  },
  headers: (block, results) => {
    const lines = block.text.trimEnd().split('\n');
    const headers = new Map(
      lines.map((line) => [line.split(': ')[0]!.toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
    );
    const value = parseResponseHeaders((name) => headers.get(name.toLowerCase()));
    expect(value).toEqual(JSON.parse(resultOf(results, 'json')));
    if (block.argument === 'tolerated') return;
    expect(Object.entries(formatResponseHeaders(value)).map(([name, text]) => `${name}: ${text}`)).toEqual(lines);
  },
};

function resultOf(results: readonly DocumentBlock[], kind: string): string {
  const found = results.find((block) => block.kind === kind);
  if (!found) throw new Error(`expected a block of ${kind}`);
  return found.text;
}

/** True for a case of failure, which is then as described: `malformed request-field 400 at 7 (15444-9 C.4.2)`. */
function expectsFailure(results: readonly DocumentBlock[], run: () => unknown): boolean {
  const failure = results.find(({ kind }) => kind === 'failure');
  if (!failure) return false;
  let found = 'nothing was thrown';
  try {
    run();
  } catch (error) {
    if (!(error instanceof JpipError)) throw error;
    found = `${error.kind} ${error.code} ${error.status} at ${error.offset} (${error.clause})`;
  }
  expect(found).toBe(failure.text.trim());
  return true;
}

/** Messages, one a line; pieces of one message count as one. */
function traceOf(pieces: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const reader = new MessageReader();
  let body: number[] = [];
  try {
    for (const piece of pieces) {
      for (const one of reader.push(piece)) {
        body.push(...one.body);
        if (one.kind === 'data' && !one.endsMessage) continue;
        const shown = body.length > 0 ? ` = ${hexOf(Uint8Array.from(body))}` : '';
        if (one.kind === 'eor') {
          lines.push(`end, reason ${one.reason}${shown}`);
        } else {
          const offset = one.offset + one.length - body.length;
          const aux = one.aux === undefined ? '' : ` aux ${one.aux}`;
          const last = one.last ? ' last' : '';
          lines.push(
            `class ${one.classId} codestream ${one.codestream} id ${one.id} at ${offset}${last}${aux}${shown}`,
          );
        }
        body = [];
      }
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof JpipError)) throw error;
    lines.push(`${error.code} at ${error.offset}`);
  }
  return lines;
}

/** The messages of a response, written anew. */
function rewritten(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new MessageWriter({ explicitFirst: (bytes[0]! & 0x60) === 0x60 });
  for (const one of new MessageReader().push(bytes)) {
    if (one.kind === 'eor') parts.push(writer.eor(one.reason, one.body));
    else parts.push(writer.header(one as MessageHeader), one.body);
  }
  return Buffer.concat(parts);
}

/** Asks a server for every exchange of a case in turn. */
async function runExchanges({ blocks }: DocumentCase): Promise<void> {
  let ids = 0;
  const pictureOf = (name: string): Uint8Array => {
    const own = blocks.find(({ kind, argument }) => kind === 'file' && argument === name);
    return own ? fileBytes(own.text, pictureOf) : readFileSync(inRepository('test/fixtures', name));
  };
  const engine = createJpipEngine(
    {
      resolve: (target) => {
        if (!/^[a-z0-9-]+\.(j2k|jp2|jpx)$/.test(target)) return null;
        try {
          return { source: bytesSource(pictureOf(target)), tid: `${target}-1` };
        } catch {
          return null;
        }
      },
    },
    { randomId: () => `c${ids++}` },
  );
  let target = '';
  for (const [k, block] of blocks.entries()) {
    if (block.kind !== 'exchange') continue;
    const response = blocks[k + 1];
    if (response?.kind !== 'response') throw new Error('expected a response behind an exchange');
    const [line = '', ...body] = block.text.trimEnd().split('\n');
    const [method = '', path = ''] = line.split(' ');
    const [name = '', query = ''] = path.slice(1).split('?');
    target = /target=([^&]+)/.exec(query)?.[1] ?? (name === '' ? target : name);
    const answer = await engine.handle({
      method,
      path: `/${name}`,
      query,
      headers: {},
      ...(method === 'POST' ? { body: Buffer.from(body.join('\n')) } : {}),
    });
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body ?? []) pieces.push(piece.slice());
    const [head = '', bytes = ''] = response.text.split(/^\n/m);
    const jpip = Object.entries(answer.headers).filter(([header]) => header.startsWith('JPIP-'));
    const found = [`${answer.status} ${answer.reason}`, ...jpip.map(([header, value]) => `${header}: ${value}`)];
    expect(found).toEqual(head.trimEnd().split('\n'));
    if (response.argument === 'without body') continue;
    expect(differenceFrom(parseAnnotated(bytes), Buffer.concat(pieces), pictureOf(target))).toBeUndefined();
  }
  await engine.close();
}

const documents = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

test('there are documents', () => expect(documents.length).toBeGreaterThan(5));

describe.each(documents)('%s', (name) => {
  const cases = parseDocument(readFileSync(`${FOLDER}/${name}`, 'utf8'));

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    expect(one.clause, 'a clause').toMatch(/^15444-9 [A-J](\.\d+)+/);
    expect(one.prose.length, 'a reason').toBeGreaterThan(80);
    expect(one.blocks.length, 'blocks').toBeGreaterThan(1);
    let run = 0;
    for (const [k, block] of one.blocks.entries()) {
      const runner = RUNNERS[block.kind];
      if (!runner) continue;
      const end = one.blocks.findIndex(({ kind }, at) => at > k && kind in RUNNERS);
      runner(block, one.blocks.slice(k + 1, end < 0 ? undefined : end));
      run++;
    }
    if (one.blocks.some(({ kind }) => kind === 'exchange')) {
      await runExchanges(one);
      run++;
    }
    expect(run, 'blocks that were run').toBeGreaterThan(0);
  });
});
