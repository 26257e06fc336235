/**
 * A file that is served: its boxes as metadata-bins, its codestreams, opened when they are first asked for.
 *
 * Only headers are held. Everything else is read when it is sent, from blocks that all targets share.
 */
import { ByteWriter } from '../../codec/bits/byte-writer.ts';
import { joinBytes } from '../../codec/bits/join-bytes.ts';
import { fnv1a64 } from '../../codec/bits/checksums.ts';
import type { TileHeader } from '../../codec/codestream/coding-parameters.ts';
import type { MainHeader } from '../../codec/codestream/main-header.ts';
import { SOD } from '../../codec/codestream/markers.ts';
import { writeSot } from '../../codec/codestream/tile-part.ts';
import { DiagnosticLog, Jpeg2000Error } from '../../codec/errors.ts';
import { joinFragments } from '../../codec/fileformat/fragment-source.ts';
import type { Fragment } from '../../codec/fileformat/fragment-list.ts';
import { type JpxFile, readJpxFile } from '../../codec/fileformat/jpx-file.ts';
import { DEFAULT_LIMITS, type Limits } from '../../codec/limits.ts';
import { CodestreamSource } from '../../codec/packets/codestream-source.ts';
import { type Bytes, type RandomAccessSource, readFrom } from '../../codec/source.ts';
import { mainHeaderBin, tileHeaderBin } from '../bins/header-bins.ts';
import { type SplitFile, splitMetadata } from '../bins/metadata-bins.ts';
import { JpipError } from '../errors.ts';
import { type BlockBudget, BlockSource, partOfSource } from './block-source.ts';
import type { EngineHost } from './host.ts';

/** What `resolve` finds. */
export interface JpipTarget {
  /** The file. The engine closes it when it is served no longer. */
  readonly source: RandomAccessSource;
  /**
   * A name of just these contents, which changes with them: at most 255 characters. Default: a checksum of the length and of
   * parts of the file, which misses changes elsewhere.
   */
  readonly tid?: string;
  /** An index of the file's packets, as `buildIndex` makes. */
  readonly index?: Bytes | RandomAccessSource;
  /** Finds the files that fragments of a linked JPX stand in. Without it such codestreams are not served. */
  readonly resolveReference?: (
    url: string,
    reference: { readonly index: number; readonly safe: string | undefined },
  ) => RandomAccessSource | undefined | Promise<RandomAccessSource | undefined>;
  /** False when the contents are not those any more: the target is then resolved anew. Asked at most once a second. */
  readonly isCurrent?: () => boolean | Promise<boolean>;
}

/** Keeps packet indexes of targets, by target id. */
export interface IndexStore {
  /** The index of a target, if there is one. */
  open(tid: string): Promise<Bytes | RandomAccessSource | undefined>;
  /** Keeps an index that was made. */
  put(tid: string, index: Uint8Array): Promise<void>;
}

/** What targets are opened with. */
export interface TargetTools {
  readonly host: EngineHost;
  readonly budget: BlockBudget;
  readonly indexes: IndexStore | undefined;
  readonly limits: Partial<Limits> | undefined;
}

/** Codestreams of one target that are kept open. */
const MOST_CODESTREAMS = 64;
/** Characters of a target identifier at most (15444-9 D.2.2). */
const MOST_TID = 255;
/** How much of a file the checksum behind a target id looks at, three times. */
const HASHED_BYTES = 1 << 14;

/** One codestream of a target. */
export interface ServedCodestream {
  readonly number: number;
  readonly source: CodestreamSource;
  /** What it is read from. */
  readonly input: RandomAccessSource;
  readonly main: MainHeader;
  /** The main header data-bin. */
  readonly header: Uint8Array;
  /** The main header with essential segments only. */
  readonly plainHeader: Uint8Array;
  /** The main header as it is stored, which tile-parts as they are stored belong to. */
  readonly storedHeader: Uint8Array;
}

/** A file that is served. */
export class ServedTarget {
  readonly name: string;
  readonly tid: string;
  readonly file: JpxFile;
  readonly source: RandomAccessSource;
  readonly metadata: SplitFile;
  private readonly given: JpipTarget;
  private readonly tools: TargetTools;
  /** The status of what cannot be served, where that is the client's choice. */
  private readonly blame: number | undefined;
  private readonly open = new Map<number, Promise<ServedCodestream>>();
  private readonly references = new Map<number, RandomAccessSource>();
  private checkedAt: number;
  /** Responses that read from it. */
  private users = 0;
  private retired = false;
  private distrusted = false;

  private constructor(
    name: string,
    tid: string,
    file: JpxFile,
    metadata: SplitFile,
    source: RandomAccessSource,
    given: JpipTarget,
    tools: TargetTools,
    blame: number | undefined,
  ) {
    this.name = name;
    this.tid = tid;
    this.file = file;
    this.metadata = metadata;
    this.source = source;
    this.given = given;
    this.tools = tools;
    this.blame = blame;
    this.checkedAt = tools.host.now();
  }

  /**
   * Reads what a file holds; with `part`, what those bytes of it hold (15444-9 C.2.3).
   *
   * @throws {JpipError} `target-format` when it is no file of the family.
   */
  static async open(
    name: string,
    given: JpipTarget,
    part: { readonly first: number; readonly last?: number } | undefined,
    tools: TargetTools,
  ): Promise<ServedTarget> {
    const { host, budget } = tools;
    const whole = new BlockSource(given.source, budget);
    const limits = { ...DEFAULT_LIMITS, ...tools.limits };
    try {
      await whole.read({ offset: 0, length: 1 }); // a source over HTTP knows its size after its first read
      const source = part
        ? partOfSource(whole, part.first, (part.last ?? (whole.size ?? 0) - 1) - part.first + 1)
        : whole;
      const reading = readJpxFile(new DiagnosticLog(), limits, () => source.size);
      const file = await readFrom(reading, source, undefined, host);
      const metadata = await readFrom(splitMetadata(file, source.size), source, undefined, host);
      // a part is another target than the whole: what is held of one is worth nothing for the other
      const suffix = part ? `.${part.first}-${part.last ?? ''}` : '';
      const tid = (given.tid ?? (await checksumOf(whole))).slice(0, MOST_TID - suffix.length) + suffix;
      return new ServedTarget(name, tid, file, metadata, source, given, tools, part && 400);
    } catch (error) {
      await whole.close();
      // which part of a file is a file of its own is the client's claim
      throw asTargetError(error, name, part && 400);
    }
  }

  /** Codestreams of the file. */
  get numCodestreams(): number {
    return this.file.codestreams.length;
  }

  /** A codestream, opened if it is not; `undefined` when the file has not so many. */
  codestream(number: number): Promise<ServedCodestream> | undefined {
    const known = this.open.get(number);
    if (known) {
      this.open.delete(number);
      this.open.set(number, known);
      return known;
    }
    const codestream = this.file.codestreams[number];
    if (codestream === undefined) return undefined;
    const { fragments } = codestream;
    const opening =
      fragments instanceof Jpeg2000Error
        ? Promise.reject(asTargetError(fragments, this.name, this.blame))
        : this.openCodestream(number, fragments);
    if (this.open.size >= MOST_CODESTREAMS) this.open.delete(this.open.keys().next().value!);
    this.open.set(number, opening);
    opening.catch(() => this.open.delete(number));
    return opening;
  }

  /** True unless the file is known to have changed. */
  async isCurrent(everyMs: number): Promise<boolean> {
    const now = this.tools.host.now();
    if (this.retired || this.distrusted) return false;
    if (this.given.isCurrent === undefined || now - this.checkedAt < everyMs) return true;
    this.checkedAt = now;
    return this.given.isCurrent();
  }

  /** A read has shown that the file is not the one that was opened: whoever comes next has it opened anew. */
  distrust(): void {
    this.distrusted = true;
  }

  /** Somebody begins to read; `undefined` when it is too late for that. */
  lease(): { readonly target: ServedTarget; end(): Promise<void> } | undefined {
    if (this.retired) return undefined;
    this.users++;
    let ended = false;
    const end = async (): Promise<void> => {
      if (ended) return;
      ended = true;
      this.users--;
      if (this.retired && this.users === 0) await this.closeAll();
    };
    return { target: this, end };
  }

  /** The target is no longer served; it is closed when the last response has ended. */
  async retire(): Promise<void> {
    if (this.retired) return;
    this.retired = true;
    if (this.users === 0) await this.closeAll();
  }

  private async closeAll(): Promise<void> {
    this.open.clear();
    await this.source.close?.();
    for (const source of this.references.values()) await source.close?.();
    const { index } = this.given;
    if (index !== undefined && 'read' in index) await index.close?.();
  }

  private async openCodestream(number: number, fragments: readonly Fragment[]): Promise<ServedCodestream> {
    const { host, indexes } = this.tools;
    const limits = { ...DEFAULT_LIMITS, ...this.tools.limits };
    const [first] = fragments;
    const whole = fragments.length === 1 && first.dataReference === 0;
    const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
    const input = whole ? this.source : joinFragments(await this.sourcesOf(fragments));
    const place = whole
      ? { offset: first.offset, ...(length === Number.MAX_SAFE_INTEGER ? {} : { length }) }
      : { offset: 0, length };
    try {
      const opening = CodestreamSource.open(input, place, limits, new DiagnosticLog());
      const source = await readFrom(opening, input, undefined, host);
      const { main } = source;
      if (whole) {
        // an index beside the file speaks of its first codestream
        const given = number === 0 ? (this.given.index ?? (await indexes?.open(this.tid))) : undefined;
        await host.attachIndex(source, given, { boxes: this.file.boxes, offset: place.offset });
        if (number === 0 && given === undefined && indexes) {
          const made = await host.makeIndex(source);
          await indexes.put(this.tid, made);
          await host.attachIndex(source, made, { boxes: [], offset: place.offset });
        }
      }
      const bytes = await input.read({ offset: main.offset, length: main.end - main.offset });
      const header = mainHeaderBin(main, bytes);
      return {
        number,
        source,
        input,
        main,
        header,
        plainHeader: mainHeaderBin(main, bytes, true),
        storedHeader: bytes,
      };
    } catch (error) {
      throw asTargetError(error, this.name, this.blame);
    }
  }

  private async sourcesOf(fragments: readonly Fragment[]) {
    const joined = [];
    for (const fragment of fragments) joined.push({ ...fragment, source: await this.sourceOf(fragment) });
    return joined;
  }

  private async sourceOf({ dataReference }: Fragment): Promise<RandomAccessSource> {
    if (dataReference === 0) return this.source;
    const known = this.references.get(dataReference);
    if (known) return known;
    const reference = this.file.references[dataReference - 1];
    const index = dataReference - 1;
    const found = reference && (await this.given.resolveReference?.(reference.url, { index, safe: reference.safe }));
    if (!found) {
      const message = `codestreams of ${this.name} lie in other files, which cannot be reached`;
      throw new JpipError('unsupported', 'target-format', message, { clause: '15444-2 M.11.2' });
    }
    const source = new BlockSource(found, this.tools.budget);
    this.references.set(dataReference, source);
    return source;
  }
}

/**
 * The tile header data-bin of a tile; a tile that the file has not got has an empty one. OpenJPEG's client takes one that begins with SOT,
 * without its marker, and ends with SOD.
 */
export function tileHeaderOf(
  main: MainHeader,
  tile: number,
  header: TileHeader | undefined,
  dialect: 'standard' | 'openjpip',
): Uint8Array {
  const segments = header ? tileHeaderBin(main, header) : new Uint8Array(0);
  if (dialect === 'standard') return segments;
  const w = new ByteWriter();
  writeSot(w, { isot: tile, psot: 0, tpsot: 0, tnsot: 1 });
  w.append(segments);
  w.u16(SOD);
  return w.take().subarray(2);
}

/** A name for contents that have none: what stands at the beginning, in the middle and at the end, and how much there is. */
async function checksumOf(source: BlockSource): Promise<string> {
  const { size = 0 } = source;
  const places = [0, Math.floor(size / 2), Math.max(0, size - HASHED_BYTES)];
  const pieces = await source.readMany(places.map((offset) => ({ offset, length: HASHED_BYTES })));
  const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
  return `${fnv1a64(joinBytes(pieces)).map(hex).join('')}-${size.toString(16)}`;
}

/** True for the failure of a read that says that a file has been replaced. */
export function isReplaced(error: unknown): boolean {
  const known = error instanceof Jpeg2000Error || error instanceof JpipError;
  return known && (error.code === 'source-changed' || error.code === 'target-changed');
}

/** What is wrong with a file, as the answer to whoever asked for it. */
export function asTargetError(error: unknown, name: string, blame?: number): unknown {
  if (!(error instanceof Jpeg2000Error)) return error;
  const kind = error.kind === 'usage' ? 'malformed' : error.kind;
  const status = error.kind === 'unsupported' ? 501 : error.kind === 'limit' ? 503 : (blame ?? 500);
  return new JpipError(kind, 'target-format', `${name} cannot be served: ${error.message}`, { status });
}
