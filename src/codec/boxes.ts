/**
 * Raw access to every box of a file: list them, read them, and write the file again with other boxes, without touching
 * its codestreams.
 */
import { type Diagnostic, DiagnosticLog, overLimit, usage } from './errors.ts';
import { contentOffset } from './fileformat/box.ts';
import { type BoxEdit, type OutputPlan, planBoxes } from './fileformat/box-edit.ts';
import { checkBoxList } from './fileformat/box-list.ts';
import { orderProblems } from './fileformat/box-order.ts';
import { writeParts } from './fileformat/box-output.ts';
import { correctReferences, holdsOffsets, indexesOf } from './fileformat/box-references.ts';
import { renumber } from './fileformat/box-renumber.ts';
import { type BoxNode, type BoxTree, readBoxTree } from './fileformat/box-tree.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { ByteSink } from './sink.ts';
import {
  type AbortSignalLike,
  type ImageInput,
  MeteredSource,
  type RandomAccessSource,
  readFrom,
  sourceOf,
  throwIfAborted,
} from './source.ts';
import { type WholeFile, wholeFile } from './whole-file.ts';

/** Options of {@link readBoxes}. */
export interface BoxOptions {
  /** `boxes` bounds the list, `bytes` what is read of one box. */
  readonly limits?: Partial<Limits>;
  /** True makes every tolerated violation an error. */
  readonly strict?: boolean;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
}

/** The boxes of a file, and a way to their contents. */
export interface BoxFile extends BoxTree {
  /** Bytes of the file; `undefined` where the source does not say. */
  readonly size: number | undefined;
  /** What was tolerated: lengths that do not fit, wrong order, duplicates. */
  readonly warnings: readonly Diagnostic[];
  /**
   * The contents of a box, without its header.
   *
   * @throws {Jpeg2000Error} `limit-bytes` for more than the limit.
   */
  content(box: BoxNode, options?: { readonly signal?: AbortSignalLike }): Promise<Uint8Array>;
}

/**
 * Lists every box of a file, those inside superboxes too, reading their headers only.
 *
 * @throws {Jpeg2000Error} `not-jpeg2000` for a file that is none of the family, `limit-boxes`; an abort rejects.
 * @example
 * ```ts
 * const file = await readBoxes(await fileSource('map.jpx'));
 * for (const box of file.boxes) console.log(box.type, box.offset, box.length);
 * const xml = file.boxes.find((box) => box.type === 'xml ');
 * if (xml) console.log(new TextDecoder().decode(await file.content(xml)));
 * ```
 */
export async function readBoxes(input: ImageInput, options: BoxOptions = {}): Promise<BoxFile> {
  throwIfAborted(options.signal);
  const source = new MeteredSource(sourceOf(input));
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  const tree = await readFrom(
    readBoxTree(log, limits, () => source.size),
    source,
    options.signal,
  );
  return {
    ...tree,
    size: source.size,
    warnings: log.list,
    async content(box, { signal } = {}) {
      throwIfAborted(signal);
      const length = (box.length ?? limits.bytes) - box.headerLength;
      if (length > limits.bytes) {
        throw overLimit('limit-bytes', `expected at most ${limits.bytes} bytes in box '${box.type}', found ${length}`, {
          offset: box.offset,
        });
      }
      return source.read({ offset: contentOffset(box), length }, signal ? { signal } : {});
    },
  };
}

/** Options of {@link setBoxes}. */
export interface SetBoxesOptions extends BoxOptions {
  /** Takes the new file; without it the file comes back as `data`. */
  readonly sink?: ByteSink;
}

/** A file that was written with other boxes. */
export interface WrittenFile extends WholeFile {
  /** What was tolerated in the old file, and what was left out of the new one. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Writes a file again with other boxes.
 *
 * The list has boxes that stay, as {@link readBoxes} gave them, superboxes with other `children`, and new boxes from a
 * `content` or from `children`. What stays is copied byte for byte, and codestreams are never looked into. Offsets that
 * boxes hold from the beginning of the file (fragment lists, chunk offsets, the index boxes of JPIP) are put right, and so
 * are numbers of codestreams and layers that move; an index of what is gone, and what is said about it, is left out with a
 * warning.
 *
 * @throws {Jpeg2000Error} `option-value` for boxes that make no sense, `limit-boxes` for too many, `box-order` for a list that breaks a rule which
 * the old file kept, `box-reference` where a fragment or a layer's codestream would be lost, `sink`; an abort rejects.
 * @example
 * ```ts
 * const xml = { type: 'xml ', content: new TextEncoder().encode('<note>hello</note>') };
 * const { data } = await setBoxes(bytes, (boxes) => {
 *   const at = boxes.findIndex((box) => box.type === 'jp2c');
 *   return [...boxes.slice(0, at), xml, ...boxes.slice(at)];
 * });
 * ```
 */
export async function setBoxes(
  input: ImageInput,
  boxes: readonly BoxEdit[] | ((boxes: readonly BoxNode[]) => readonly BoxEdit[] | Promise<readonly BoxEdit[]>),
  options: SetBoxesOptions = {},
): Promise<WrittenFile> {
  const { sink, signal, limits } = options;
  const warnings: Diagnostic[] = [];
  const file = await wholeFile(sink, limits?.bytes ?? DEFAULT_LIMITS.bytes, async (out) => {
    const source = new MeteredSource(sourceOf(input));
    const old = await readBoxes(source, options);
    if (old.boxes.length === 0) throw usage('input-type', 'expected a file with boxes, found a bare codestream');
    if (old.size === undefined) throw usage('input-type', 'expected a source that knows its size');
    const wanted = typeof boxes === 'function' ? await boxes(old.boxes) : boxes;
    checkBoxList(wanted, limits?.boxes ?? DEFAULT_LIMITS.boxes);
    checkOrder(old.boxes, wanted);
    const log = new DiagnosticLog();
    const list = await readFrom(renumber(old.boxes, wanted, old.size, log), source, signal);
    const { plan, contents } = await planWithReferences(old.boxes, list, source, old.size, log, signal);
    warnings.push(...old.warnings, ...log.list);
    await writeParts(plan.parts, out, { source, contents, ...(signal ? { signal } : {}) });
  });
  return { ...file, warnings };
}

/** Index boxes point at index boxes in fewer steps than these in any file that means well (15444-9 I.2). */
const MOST_ROUNDS = 8;

/** Plans until no index box points at what is gone; an index may point at another one, so leaving out one may cost two. */
async function planWithReferences(
  old: readonly BoxNode[],
  wanted: readonly BoxEdit[],
  source: RandomAccessSource,
  size: number,
  log: DiagnosticLog,
  signal: AbortSignalLike | undefined,
): Promise<{ plan: OutputPlan; contents: ReadonlyMap<number, Uint8Array> }> {
  let list = wanted;
  for (let round = 1; ; round++) {
    const plan = planBoxes(old, list, holdsOffsets);
    const { contents, stale } = await readFrom(correctReferences(plan, size, log), source, signal);
    if (stale.size === 0) return { plan, contents };
    const gone = round < MOST_ROUNDS ? stale : indexesOf(plan);
    list = list.filter((box) => !('offset' in box && gone.has(box.offset)));
  }
}

/** Rules that the new list breaks, and the old one did not. */
function checkOrder(old: readonly BoxNode[], wanted: readonly BoxEdit[]): void {
  const before = new Set(orderProblems(old).map(({ message }) => message));
  const broken = orderProblems(wanted).find(({ message }) => !before.has(message));
  if (broken) throw usage(broken.code, `${broken.message} (${broken.clause})`);
}
