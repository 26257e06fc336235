/**
 * What a server has to be told of the cache (15444-9 C.8): where it believes more to be held than is, and where it knows of less.
 *
 * Without a session it knows nothing; in one it believes what it has sent. A response that was cut leaves that in doubt, and then the
 * worst is taken for true. Only explicit statements about single data-bins are made, which is what all servers understand.
 */
import type { BinKey } from '../bins/bin-id.ts';
import type { BinCache } from '../bins/bin-store.ts';
import { applyTo, type CacheModel } from '../bins/cache-model.ts';
import type { ExplicitBins, ModelStatement } from '../request/fields.ts';
import { BIN_CLASS } from '../wire/message.ts';

const NAMES: Readonly<Record<number, ExplicitBins['bin']>> = {
  [BIN_CLASS.precinct]: 'precinct',
  [BIN_CLASS.tileHeader]: 'tile-header',
  [BIN_CLASS.tile]: 'tile',
  [BIN_CLASS.mainHeader]: 'main-header',
  [BIN_CLASS.metadata]: 'metadata',
};

/** A data-bin about which something has to be said. */
export interface Correction {
  readonly key: BinKey;
  readonly statements: readonly ModelStatement[];
  /** Bytes that the server knows of after that. */
  readonly length: number;
  readonly complete: boolean;
}

/** What has to be said about some data-bins, before a request for them; at most `most` of them. */
export function correctionsOf(
  keys: Iterable<BinKey>,
  cache: BinCache,
  believed: CacheModel,
  most: number,
): Correction[] {
  const corrections: Correction[] = [];
  for (const key of keys) {
    if (corrections.length >= most) break;
    const bin = NAMES[key.classId];
    if (bin === undefined) continue;
    const { length, complete } = cache.extentOf(key);
    const belief = believed.held(key.codestream, key.classId, key.id);
    const tooMuch = belief.whole ? !complete : belief.bytes > length;
    const tooLittle = !belief.whole && (complete || length > belief.bytes);
    if (!tooMuch && !tooLittle) continue;
    const bins: ExplicitBins = {
      kind: 'explicit',
      bin,
      ...(key.classId === BIN_CLASS.mainHeader ? {} : { ids: { first: key.id } }),
    };
    const statements: ModelStatement[] = [];
    if (tooMuch) statements.push({ subtractive: true, bins });
    if (complete) statements.push({ bins });
    else if (length > 0) statements.push({ bins: { ...bins, bytes: length } });
    if (statements.length > 0) corrections.push({ key, statements, length, complete });
  }
  return corrections;
}

/** What a server believes once it was told. */
export function believe(believed: CacheModel, corrections: readonly Correction[]): void {
  for (const { key, length, complete } of corrections) {
    const set = believed.of(key.codestream, key.classId);
    set.cutToBytes(key.id, 0);
    if (complete || length > 0) applyTo(set, key.id, { bytes: complete ? undefined : length }, false);
  }
}

/** After a response that was cut nobody knows what was sent of it: everything may have been. */
export function doubt(believed: CacheModel, keys: Iterable<BinKey>): void {
  for (const { codestream, classId, id } of keys) believed.of(codestream, classId).addWhole(id);
}

/** The first of many; `onMore` is called when there are more. */
export function* upTo<T>(items: Iterable<T>, most: number, onMore?: () => void): Generator<T> {
  let count = 0;
  for (const item of items) {
    if (++count > most) return onMore?.();
    yield item;
  }
}
