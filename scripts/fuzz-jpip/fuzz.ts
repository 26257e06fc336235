/**
 * The cases of the JPIP fuzz. Whatever comes in has to end in a value or a `JpipError`, soon; a request that is understood is understood again
 * after it was written; a response means the same however it is cut; and the server answers everything with a status that is the client's
 * business, and with whole messages.
 */
import { isDeepStrictEqual } from 'node:util';
import { MAX_BOXES } from '../../src/codec/fileformat/box.ts';
import { joinMetadata } from '../../src/jpip/bins/metadata-join.ts';
import { JpipError } from '../../src/jpip/errors.ts';
import { formatRequest } from '../../src/jpip/request/format-request.ts';
import { parseRequest } from '../../src/jpip/request/parse-request.ts';
import { formatResponseHeaders, parseResponseHeaders } from '../../src/jpip/request/response-headers.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import { createJpipEngine } from '../../src/jpip-server.ts';
import { bytesSource } from '../../src/index.ts';
import { type Random, randomFrom } from '../../test/support/random.ts';
import { spoilBytes, spoiltHeader, spoiltQuery, spoiltResponse } from './spoil.ts';

/** What came of a run. */
export interface JpipFuzzResult {
  readonly findings: readonly string[];
  /** How cases ended, by kind. */
  readonly tally: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

/** What a run needs. */
export interface JpipFuzzOptions {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  /** The pictures that the server has, by name. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
}

/** A case of microseconds that takes this long is a finding. */
const SLOW_MS = 2000;

type Engine = ReturnType<typeof createJpipEngine>;

/** Runs cases `from` to `from + count`; each is known by its number. */
export async function runJpipFuzz({ seed, from, count, pictures }: JpipFuzzOptions): Promise<JpipFuzzResult> {
  const findings: string[] = [];
  const tally: Record<string, number> = {};
  let slowestMs = 0;
  for (let number = from; number < from + count; number++) {
    const random = randomFrom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0xc2b2ae35)) >>> 0);
    const kind = number % 20;
    const start = performance.now();
    let outcome: string;
    try {
      if (kind === 0) outcome = await serverCase(random, pictures);
      else if (kind < 9) outcome = requestCase(random);
      else if (kind < 11) outcome = headerCase(random);
      else if (kind < 13) outcome = metadataCase(random);
      else outcome = responseCase(random);
    } catch (error) {
      outcome = 'finding';
      findings.push(`${number}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    const ms = performance.now() - start;
    if (ms > SLOW_MS) findings.push(`${number}: took ${ms.toFixed(0)} ms`);
    slowestMs = Math.max(slowestMs, ms);
    tally[outcome] = (tally[outcome] ?? 0) + 1;
  }
  return { findings, tally, slowestMs };
}

function requestCase(random: Random): string {
  const query = spoiltQuery(random);
  const body = random.chance(0.3) ? spoiltQuery(random) : '';
  let request: ReturnType<typeof parseRequest>['request'];
  try {
    ({ request } = parseRequest(query, body));
  } catch (error) {
    if (!(error instanceof JpipError) || error.status < 400 || error.status > 499) throw error;
    return 'request refused';
  }
  let written: string;
  try {
    written = formatRequest(request);
  } catch (error) {
    // text of a request that no URL can carry came in without percent-encoding, and only so
    if (error instanceof JpipError && error.kind === 'usage' && /[\ud800-\udfff]/u.test(query + body))
      return 'request unwritable';
    throw error;
  }
  const again = parseRequest(written).request;
  if (!isDeepStrictEqual(again, request)) throw new Error(`${query} | ${body} was written as ${written}`);
  return 'request understood';
}

function headerCase(random: Random): string {
  const values = new Map<string, string>();
  const headers = parseResponseHeaders((name) => {
    if (random.chance(0.5)) return undefined;
    values.set(name, spoiltHeader(random));
    return values.get(name);
  });
  let written: Record<string, string>;
  try {
    written = formatResponseHeaders(headers);
  } catch (error) {
    // what can be read tolerantly cannot always be sent
    if (!(error instanceof JpipError) || error.kind !== 'usage') throw error;
    return 'headers unwritable';
  }
  const again = parseResponseHeaders((name) => written[name]);
  if (!isDeepStrictEqual(again, headers))
    throw new Error(`${JSON.stringify([...values])} was written as ${JSON.stringify(written)}`);
  return 'headers understood';
}

function metadataCase(random: Random): string {
  const bins = Array.from({ length: random.int(1, 4) }, () => spoilBytes(someBoxes(random, 2), random));
  const joined = joinMetadata((id) => bins[id] && { bytes: bins[id]!, complete: random.chance(0.7) });
  // a placeholder may stand for many codestreams, and each becomes a header of eight bytes
  const most = bins.reduce((sum, bin) => sum + bin.length, 0) + 8 * MAX_BOXES;
  if (joined.file.length > most) throw new Error(`${joined.file.length} bytes of boxes came from ${most}`);
  return 'metadata joined';
}

/** Boxes, some of them placeholders for bins of small numbers. */
function someBoxes(random: Random, depth: number): Uint8Array {
  const boxes: Buffer[] = [];
  for (let k = random.int(0, 4); k > 0; k--) {
    const type = random.pick(['phld', 'xml ', 'jp2h', 'asoc', 'jp2c', 'dtbl']);
    let contents: Uint8Array = Uint8Array.from({ length: random.int(0, 20) }, () => random.int(0, 255));
    if (type === 'phld') {
      const original = random.pick(['asoc', 'xml ', 'jp2c']);
      contents = Buffer.from(
        `000000${random.pick(['01', '03', '04', '0f'])}${'0'.repeat(15)}${random.int(0, 4)}00000010${Buffer.from(original).toString('hex')}`,
        'hex',
      );
      if (random.chance(0.5))
        contents = Buffer.concat([
          contents,
          Buffer.from(
            `${'0'.repeat(15)}${random.int(0, 4)}0000001061736f63${'0'.repeat(24)}${random.pick(['00000001', 'ffffffff'])}`,
            'hex',
          ),
        ]);
    } else if (depth > 0 && random.chance(0.6)) contents = someBoxes(random, depth - 1);
    const header = Buffer.alloc(8);
    header.writeUInt32BE(random.chance(0.05) ? random.pick([0, 1, 7, 0xffffffff]) : 8 + contents.length);
    header.write(type, 4, 'latin1');
    boxes.push(header, Buffer.from(contents));
  }
  return Buffer.concat(boxes);
}

function responseCase(random: Random): string {
  const bytes = spoiltResponse(random);
  const whole = readResponse([bytes]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = random.pick([1, 1, 2, 3, 50]);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  const cut = readResponse(pieces);
  if (!isDeepStrictEqual(cut, whole)) {
    throw new Error(`${Buffer.from(bytes).toString('hex')} means ${JSON.stringify(whole)} or ${JSON.stringify(cut)}`);
  }
  if (whole.bodies.length > bytes.length) throw new Error('there is more in the messages than came in');
  return whole.failure === undefined ? 'response read' : 'response refused';
}

/** Everything about a response that must not depend on how it was cut. */
function readResponse(pieces: readonly Uint8Array[]) {
  const reader = new MessageReader({ maxMessageBytes: 1000 });
  const bodies: number[] = [];
  const messages: string[] = [];
  let failure: string | undefined;
  try {
    for (const piece of pieces) {
      for (const one of reader.push(piece)) {
        bodies.push(...one.body);
        if (one.kind === 'eor') messages.push(`end ${one.reason}`);
        else if (one.endsMessage)
          messages.push(`${one.classId} ${one.codestream} ${one.id} ${one.offset + one.length} ${one.last} ${one.aux}`);
      }
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof JpipError)) throw error;
    failure = `${error.code} ${error.offset}`;
  }
  return { bodies, messages, failure, position: reader.position, ended: reader.ended };
}

/** A few requests to one server, sessions included. */
async function serverCase(random: Random, pictures: ReadonlyMap<string, Uint8Array>): Promise<string> {
  let ids = 0;
  const engine: Engine = createJpipEngine(
    {
      resolve: (target) => {
        const bytes = pictures.get(target);
        return bytes ? { source: bytesSource(bytes), tid: target } : null;
      },
      limits: { responseBytes: 1 << 20 },
    },
    { randomId: () => `c${ids++}`, delay: async () => {} },
  );
  const names = [...pictures.keys()];
  for (let k = random.int(1, 3); k > 0; k--) {
    const query = spoiltQuery(random);
    const path = random.chance(0.3)
      ? `/${random.pick(names)}`
      : random.pick(['/', '/jpip', '//jpip', '/%', '/../x', '']);
    const response = await engine.handle({ method: 'GET', path, query, headers: {} });
    const parts: Uint8Array[] = [];
    for await (const piece of response.body ?? []) parts.push(piece.slice());
    if (response.status >= 500 && response.status !== 501 && response.status !== 503) {
      throw new Error(`${path}?${query} was answered with ${response.status}: ${Buffer.concat(parts).toString()}`);
    }
    if (!/^image\/jp[pt]-stream/.test(response.headers['Content-Type'] ?? '')) continue;
    const reader = new MessageReader();
    for (const piece of parts) reader.push(piece);
    reader.end();
    if (!reader.ended) throw new Error(`${path}?${query}: the response has no end`);
  }
  await engine.close();
  return 'requests answered';
}
