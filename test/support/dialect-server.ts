/**
 * Small servers that speak as certain real ones do, with all their mistakes. They are strict where those are, and share no code with this
 * library's own server but the bytes of messages.
 */
import { joinBytes } from '../../src/codec/bits/join-bytes.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { CodestreamSource } from '../../src/codec/packets/codestream-source.ts';
import { BytesSource, readNow } from '../../src/codec/source.ts';
import type { FetchLike, FetchResponseLike } from '../../src/jpip-client.ts';
import { MessageWriter } from '../../src/jpip/wire/message-writer.ts';

/** Where a precinct lies on the reference grid, and at which resolution. */
interface ServedPrecinct {
  readonly id: number;
  readonly tile: number;
  /** Resolution levels below the full one. */
  readonly reduce: number;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly bytes: Uint8Array;
}

/** How a server speaks. */
export interface Dialect {
  /** True: the margin of the filters is not sent. */
  readonly noMargin?: boolean;
  /** True: low resolution levels are looked up with the coordinates of the full window. */
  readonly unscaled?: boolean;
  /** True: responses without a channel have no end message. */
  readonly noStatelessEnd?: boolean;
  /** Added to all codestream numbers. */
  readonly firstCodestream?: number;
  /** `sot`: tile headers begin with SOT without its marker and end with SOD; `plt`: with PLT inside; `empty`. */
  readonly tileHeaders?: 'sot' | 'plt' | 'empty';
  readonly ignoresLength?: boolean;
  /** What the cache model fields do: all, only additive statements, or nothing. */
  readonly model?: 'none' | 'additive';
  /** Breaks when a field of a request is longer. */
  readonly longestField?: number;
  readonly sessions?: 'always' | 'never' | 'offered';
  readonly tid?: string;
  /** True: a tid beside a cid is a bad request, and one that is told is the end. */
  readonly afraidOfTid?: boolean;
  /** True: without `len` nothing is answered, without rounding and stream it ends, and a channel takes one request at a time. */
  readonly fragile?: boolean;
  /** True: responses to windows away from the corner end with a precinct under a wrong number, said to be whole. */
  readonly stray?: boolean;
  /** True: the file's metadata come only when they are asked for one by one. */
  readonly shyMetadata?: boolean;
  /** True: rubbish follows the end of a response, and then the connection breaks. */
  readonly rubbish?: boolean;
}

/** A fake server of one file, and what it was asked. */
export class DialectServer {
  readonly queries: string[] = [];
  private readonly dialect: Dialect;
  private readonly truth: Truth;
  /** By channel: bytes sent of each data-bin. */
  private readonly channels = new Map<string, Map<string, number>>();
  private numChannels = 0;
  private busy = 0;
  private dead = false;

  constructor(file: Uint8Array, dialect: Dialect) {
    this.truth = truthOf(file);
    this.dialect = dialect;
  }

  readonly fetch: FetchLike = async (url) => {
    const query = url.slice(url.indexOf('?') + 1);
    this.queries.push(query);
    const fields = new Map(query.split('&').map((pair) => pair.split('=').map(decodeURIComponent) as [string, string]));
    if (this.dead) throw new Error('connection refused');
    const refused = this.complaint(fields);
    if (refused) return answer(refused, {}, new Uint8Array(0));
    return this.respond(fields);
  };

  private complaint(fields: ReadonlyMap<string, string>): number | undefined {
    const { dialect } = this;
    const die = (): never => {
      this.dead = true;
      throw new Error('connection reset');
    };
    if (dialect.longestField && [...fields.values()].some((value) => value.length > dialect.longestField!)) die();
    if (dialect.afraidOfTid && fields.has('tid')) {
      if (fields.has('cid')) return 400;
      if (fields.get('tid') !== '0') die();
    }
    const cid = fields.get('cid');
    if (cid !== undefined && !this.channels.has(cid)) return dialect.fragile ? 500 : 503;
    if (dialect.sessions === 'always' && cid === undefined && !fields.has('cnew') && !fields.has('cclose')) return 500;
    if (dialect.shyMetadata && fields.get('metareq')?.includes('*')) return 501;
    if (dialect.fragile && fields.has('fsiz')) {
      if (!fields.has('stream') && !fields.has('context')) die();
      if (!/^\d+$/.test(fields.get('stream') ?? '0')) die();
      if (!/,(closest|round-(up|down))$/.test(fields.get('fsiz')!)) die();
    }
    return undefined;
  }

  private respond(fields: ReadonlyMap<string, string>): FetchResponseLike {
    const { dialect } = this;
    if (fields.has('cclose')) {
      this.channels.delete(fields.get('cclose')!);
      return answer(200, {}, new Uint8Array(0));
    }
    if (dialect.fragile && !fields.has('len')) return answer(200, {}, new Uint8Array(0));
    const headers: Record<string, string> = { 'content-type': 'image/jpp-stream' };
    let cid = fields.get('cid');
    if (cid === undefined) headers['jpip-tid'] = dialect.tid ?? '6b00d8f0-6b8b4567';
    if (fields.has('cnew') && dialect.sessions !== 'never') {
      cid = `c${this.numChannels++}`;
      this.channels.set(cid, new Map());
      headers['jpip-cnew'] = `cid=${cid},path=jpip,transport=http`;
    }
    if (dialect.fragile && this.busy > 0) throw new Error('the channel belongs to another connection');
    const held = cid === undefined ? new Map<string, number>() : this.channels.get(cid)!;
    this.applyModel(held, fields.get('model'));
    const limit = dialect.ignoresLength ? Number.POSITIVE_INFINITY : Number(fields.get('len') ?? 1e9);
    const out = new Response(held, limit, dialect.firstCodestream ?? 0);
    this.deliver(out, fields);
    if (out.full || cid !== undefined || !dialect.noStatelessEnd) out.end(out.full ? 4 : 2);
    const body = out.take();
    if (!dialect.rubbish) return this.watched(answer(200, headers, body));
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield joinBytes([body, Uint8Array.of(0x13, 0x88, 0, 7, 0xff, 0xff, 0x80)]);
      throw new Error('connection reset');
    };
    return { ...answer(200, headers, body), body: broken() };
  }

  /** Notes that a response is being taken, for a channel that belongs to one connection. */
  private watched(response: FetchResponseLike): FetchResponseLike {
    this.busy++;
    const done = (): void => {
      this.busy--;
    };
    const bytes = response.arrayBuffer();
    const body = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield new Uint8Array(await bytes);
      } finally {
        done();
      }
    };
    return { ...response, body: body() };
  }

  private applyModel(held: Map<string, number>, model: string | undefined): void {
    if (model === undefined || this.dialect.model === 'none') return;
    for (const item of model.split(',')) {
      const match = /^(-?)(Hm|[HPM]\d+)(?::(\d+))?$/.exec(item);
      if (!match) continue;
      const [, minus, bin, bytes] = match;
      const letter = bin![0]!;
      const key = bin === 'Hm' ? '6 0' : `${{ H: 2, P: 0, M: 8 }[letter]} ${bin!.slice(1)}`;
      if (minus) {
        if (this.dialect.model !== 'additive') held.delete(key);
      } else held.set(key, bytes === undefined ? Number.POSITIVE_INFINITY : Number(bytes));
    }
  }

  private deliver(out: Response, fields: ReadonlyMap<string, string>): void {
    const { dialect, truth } = this;
    const asked = fields.get('metareq') !== undefined;
    if (!dialect.shyMetadata || asked) out.bin(8, 0, truth.metadata);
    out.bin(6, 0, truth.mainHeader);
    const precincts = this.precinctsOf(fields);
    for (const tile of new Set(precincts.map((precinct) => precinct.tile))) out.bin(2, tile, this.tileHeader(tile));
    for (const { id, bytes } of precincts) out.bin(0, id, bytes);
    const away = !(fields.get('roff') ?? '0,0').startsWith('0,0');
    if (dialect.stray && away && precincts.length > 1 && !out.full) {
      const victim = truth.precincts.find(({ id, reduce }) => reduce === 0 && !out.holds(id));
      const { bytes } = precincts.at(-1)!;
      // the end of another precinct's bytes
      if (victim) out.stray(victim.id, bytes.subarray(bytes.length >> 1));
    }
  }

  private tileHeader(tile: number): Uint8Array {
    const { tileHeaders } = this.dialect;
    if (tileHeaders === 'sot') return Uint8Array.of(0, 10, tile >> 8, tile & 255, 0, 0, 0, 99, 0, 1, 0xff, 0x93);
    if (tileHeaders === 'plt') return Uint8Array.of(0xff, 0x58, 0, 6, 0, 1, 2, 3);
    return new Uint8Array(0);
  }

  private precinctsOf(fields: ReadonlyMap<string, string>): ServedPrecinct[] {
    const { truth, dialect } = this;
    const numbers = (name: string): number[] | undefined => fields.get(name)?.split(',').slice(0, 2).map(Number);
    const fsiz = numbers('fsiz');
    if (fsiz === undefined || fields.get('metareq')?.endsWith('!!')) return [];
    const sizes = Array.from({ length: truth.levels + 1 }, (_, r) => Math.ceil(truth.width / 2 ** r));
    const reduce = sizes.indexOf(
      sizes.reduce((best, w) => (Math.abs(w - fsiz[0]!) < Math.abs(best - fsiz[0]!) ? w : best)),
    );
    const [x, y] = numbers('roff') ?? [0, 0];
    const [width, height] = numbers('rsiz') ?? fsiz;
    const margin = dialect.noMargin ? 0 : 8;
    return truth.precincts.filter((p) => {
      if (p.reduce < reduce) return false;
      // in samples of the precinct's own resolution level
      const scale = dialect.unscaled ? 1 : 2 ** (p.reduce - reduce);
      const own = 2 ** p.reduce;
      return (
        Math.floor(x! / scale) - margin < Math.ceil(p.x1 / own) &&
        Math.ceil((x! + width!) / scale) + margin > Math.floor(p.x0 / own) &&
        Math.floor(y! / scale) - margin < Math.ceil(p.y1 / own) &&
        Math.ceil((y! + height!) / scale) + margin > Math.floor(p.y0 / own)
      );
    });
  }
}

/** A response as it grows. */
class Response {
  full = false;
  private readonly writer = new MessageWriter();
  private readonly pieces: Uint8Array[] = [];
  private readonly held: Map<string, number>;
  private readonly codestream: number;
  private left: number;

  constructor(held: Map<string, number>, limit: number, codestream: number) {
    this.held = held;
    this.left = limit;
    this.codestream = codestream;
  }

  holds(id: number): boolean {
    return this.held.has(`0 ${id}`);
  }

  bin(classId: number, id: number, bytes: Uint8Array): void {
    if (this.full) return;
    const key = `${classId} ${id}`;
    const before = this.held.get(key) ?? -1;
    if (before >= Math.max(bytes.length, 0) && before >= 0) return;
    const offset = Math.max(0, before);
    const length = Math.min(bytes.length - offset, Math.max(0, this.left - 16));
    const last = offset + length === bytes.length;
    if (length === 0 && !last) {
      this.full = true;
      return;
    }
    const codestream = classId === 8 ? 0 : this.codestream;
    this.write({ classId, codestream, id, offset, length, last }, bytes.subarray(offset, offset + length));
    this.held.set(key, last ? Number.POSITIVE_INFINITY : offset + length);
    if (!last) this.full = true;
  }

  stray(id: number, bytes: Uint8Array): void {
    const { codestream } = this;
    this.write({ classId: 0, codestream, id, offset: 0, length: bytes.length, last: true }, bytes);
    this.held.set(`0 ${id}`, Number.POSITIVE_INFINITY);
  }

  end(reason: number): void {
    this.pieces.push(this.writer.eor(reason));
  }

  take(): Uint8Array {
    return joinBytes(this.pieces);
  }

  private write(header: Parameters<MessageWriter['header']>[0], body: Uint8Array): void {
    const head = this.writer.header(header);
    this.pieces.push(head, body.slice());
    this.left -= head.length + body.length;
  }
}

interface Truth {
  readonly width: number;
  readonly levels: number;
  readonly mainHeader: Uint8Array;
  readonly metadata: Uint8Array;
  readonly precincts: readonly ServedPrecinct[];
}

/** The data-bins of a file; its metadata are everything before the codestream. */
function truthOf(file: Uint8Array): Truth {
  const soc = Buffer.from(file.buffer, file.byteOffset, file.length).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  const opening = CodestreamSource.open(new BytesSource(file), { offset: soc }, DEFAULT_LIMITS, new DiagnosticLog());
  const source = readNow(opening, file);
  const { main } = source;
  const precincts: ServedPrecinct[] = [];
  const numTiles = readNow(source.findTileParts(), file).length;
  for (let tile = 0; tile < numTiles; tile++) {
    const { tile: geometry } = readNow(source.findPackets(tile, true), file)!;
    const layers = geometry.header.cod.numLayers;
    const components = geometry.components.map(({ component, geometry: own }) => ({
      component,
      resolutions: own.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    }));
    const snapshot = source.loadSync([{ tile, components, layers }]);
    for (const { component, geometry: own } of geometry.components) {
      let s = 0;
      for (const level of own.resolutions) {
        const reduce = own.numDecompositionLevels - level.r;
        for (let precinct = 0; precinct < level.numPrecinctsWide * level.numPrecinctsHigh; precinct++, s++) {
          const packets = snapshot.get({ tile, component, resolution: level.r, precinct })!.packets;
          const column = level.firstPrecinctX + (precinct % level.numPrecinctsWide);
          const row = level.firstPrecinctY + Math.floor(precinct / level.numPrecinctsWide);
          precincts.push({
            id: tile + (component + s * main.siz.components.length) * numTiles,
            tile,
            reduce,
            x0: column * 2 ** (level.ppx + reduce),
            y0: row * 2 ** (level.ppy + reduce),
            x1: (column + 1) * 2 ** (level.ppx + reduce),
            y1: (row + 1) * 2 ** (level.ppy + reduce),
            bytes: joinBytes(packets.flatMap(({ header, body }) => (header ? [header, body] : [body]))),
          });
        }
      }
    }
  }
  return {
    width: main.siz.xsiz,
    levels: main.cod.style.numDecompositionLevels,
    mainHeader: file.slice(main.offset, main.end),
    metadata: file.slice(0, soc - 8),
    precincts: precincts.sort((a, b) => b.reduce - a.reduce || a.id - b.id),
  };
}

function answer(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): FetchResponseLike {
  return {
    status,
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    arrayBuffer: async () => body.slice().buffer,
  };
}
