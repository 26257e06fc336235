/**
 * Validation: every rule of a file and its codestreams that can be checked without decoding a sample.
 */
import { Deadline, type Executor } from '../executor.ts';
import { checkAgainstCodestream, type Container, type Jp2File, readJp2File } from '../fileformat/jp2-file.ts';
import type { Jp2Header } from '../fileformat/jp2-boxes.ts';
import { readMovieFile } from '../fileformat/mj2-file.ts';
import { readSample } from '../fileformat/mj2-sample.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import {
  type AbortSignalLike,
  BytesSource,
  type ImageInput,
  MeteredSource,
  readFrom,
  type Reading,
  readRange,
  sourceOf,
  throwIfAborted,
} from '../source.ts';
import { type CheckedCodestream, checkCodestream, type Progress } from './codestream-rules.ts';
import { checkDataReferences, checkFile } from './file-rules.ts';
import { type Finding, FindingLog, Findings } from './findings.ts';
import type { Extent } from './tile-part-rules.ts';
import { checkProfile, checkProfileName, type ValidateProfile } from './profile-rules.ts';

/** Options of a validation. */
export interface ValidateOptions {
  /**
   * A profile to hold the first codestream against: `profile-0` and `profile-1` (15444-1 Table A.45), or those of the encoder. Default:
   * the one that Rsiz claims, if any.
   */
  readonly profile?: ValidateProfile;
  /** What checking may cost; a limit that is met is a warning, since no rule is broken. */
  readonly limits?: Partial<Limits>;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /** Called now and then. */
  onProgress?(progress: ValidateProgress): void;
}

/** How far a validation has come. */
export interface ValidateProgress {
  /** Of the input, 0..1. */
  readonly fraction: number;
}

/** What a validation found. */
export interface ValidationReport {
  /** True without any finding of severity `error`. */
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** What kind of file it is; `undefined` where it could not be told. */
  readonly container: Container | 'mj2' | undefined;
  /** The profile whose rules were checked, if any. */
  readonly profile: ValidateProfile | undefined;
  /** Codestreams, tile-parts and packets that were gone through. */
  readonly checked: { readonly codestreams: number; readonly tileParts: number; readonly packets: number };
}

/** Validates anything that can be read. */
export async function validateInput(
  executor: Executor,
  input: ImageInput,
  options: ValidateOptions = {},
): Promise<ValidationReport> {
  throwIfAborted(options.signal);
  checkProfileName(options.profile);
  const source = sourceOf(input);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const findings = new Findings();
  const counts = { codestreams: 0, tileParts: 0, packets: 0 };
  const state: State = { findings, counts, limits, options, container: undefined, profile: undefined };
  try {
    // pauses are wanted over memory too, so that bytes are read like any other source
    const metered = new MeteredSource(source);
    const inMemory = source instanceof BytesSource;
    const deadline = new Deadline(executor, limits.time);
    await readFrom(
      validating(state, () => metered.size, inMemory),
      metered,
      options.signal,
      executor,
      deadline,
    );
  } catch (error) {
    throwIfAborted(options.signal);
    findings.thrown(error);
  }
  const valid = findings.list.every(({ severity }) => severity !== 'error');
  return { valid, findings: findings.list, container: state.container, profile: state.profile, checked: { ...counts } };
}

/** What a validation carries along. */
interface State {
  readonly findings: Findings;
  readonly counts: { codestreams: number; tileParts: number; packets: number };
  readonly limits: Limits;
  readonly options: ValidateOptions;
  container: Container | 'mj2' | undefined;
  profile: ValidateProfile | undefined;
}

function* validating(state: State, sizeNow: () => number | undefined, inMemory: boolean): Reading<void> {
  const { findings, limits, options } = state;
  const movie = yield* isMovie();
  // some sources know their size after the first read, and some never
  const size = sizeNow() ?? (yield* findSize());
  if (movie) {
    state.container = 'mj2';
    yield* validatingMovie(state, size, inMemory);
    return;
  }
  const file = yield* readJp2File(new FindingLog(findings), limits, size);
  state.container = file.container;
  const progress = progressOf(state, size);
  let first: CheckedCodestream | undefined;
  for (const { offset, length, fragments } of file.codestreams) {
    if (fragments) {
      yield* checkDataReferences(file, fragments, findings);
      findings.note('fragment', 'a codestream in fragments is not followed', { clause: '15444-2 M.11.3' });
      continue;
    }
    const extent = { start: offset, end: length === undefined ? size : Math.min(offset + length, size) };
    const checked = yield* counted(state, extent, inMemory, progress);
    first ??= checked;
  }
  if (file.container !== 'codestream') checkFile(file, first?.main, findings);
  if (first) {
    checkShapes(file, first, findings);
    state.profile = checkProfile(options.profile, first, file.container === 'codestream', findings);
  }
  progress(size);
}

function progressOf({ options }: State, size: number): Progress {
  return (position) => options.onProgress?.({ fraction: size === 0 ? 1 : Math.min(1, position / size) });
}

/** Checks a codestream, and counts what was in it. */
function* counted(
  { findings, limits, counts }: State,
  extent: Extent,
  inMemory: boolean,
  progress: Progress,
): Reading<CheckedCodestream | undefined> {
  const checked = yield* checkCodestream(extent, inMemory, limits, findings, progress);
  counts.codestreams++;
  counts.tileParts += checked?.parts.length ?? 0;
  counts.packets += checked?.packets ?? 0;
  return checked;
}

/** Signature and file type of Motion JPEG 2000 (15444-3), whose codestreams are found by tables. */
function* isMovie(): Reading<boolean> {
  const start = yield* readRange(0, 24);
  return start.length === 24 && String.fromCharCode(...start.subarray(16, 24)) === 'ftypmjp2';
}

/** The size of an input that does not tell it: a read of one byte gives nothing beyond the end. */
function* findSize(): Reading<number> {
  const isThere = function* (offset: number): Reading<boolean> {
    return (yield* readRange(offset, 1)).length > 0;
  };
  let beyond = 1 << 16;
  while (beyond < 2 ** 52 && (yield* isThere(beyond - 1))) beyond *= 2;
  let within = 0;
  while (within < beyond) {
    const middle = Math.floor((within + beyond) / 2);
    if (yield* isThere(middle)) within = middle + 1;
    else beyond = middle;
  }
  return within;
}

/** Every frame of a movie: tables, sample entries, codestreams, and that these are what the entry says. */
function* validatingMovie(state: State, size: number, inMemory: boolean): Reading<void> {
  const { findings, limits } = state;
  const log = new FindingLog(findings);
  const progress = progressOf(state, size);
  const movie = yield* readMovieFile(log, limits, size);
  if (!movie.fileType?.compatible.includes('mjp2')) {
    findings.error('box-value', "the compatibility list lacks 'mjp2'", { offset: 12, clause: '15444-3 5.2' });
  }
  if (movie.tracks.length === 0) findings.warning('box-missing', 'the movie has no track of JPEG 2000 pictures');
  for (const { samples, entries } of movie.tracks) {
    if (samples.count > limits.codeBlocks) {
      findings.warning(
        'limit-code-blocks',
        `${samples.count} frames: those after ${limits.codeBlocks} are not checked`,
      );
    }
    for (let n = 0; n < Math.min(samples.count, limits.codeBlocks); n++) {
      const place = samples.placeOf(n);
      const where = { offset: place.offset, clause: '15444-3 6.1' };
      const entry = entries[place.description];
      if (entry?.format !== 'mjp2') continue;
      const end = Math.min(place.offset + place.length, size);
      if (end < place.offset + place.length) {
        findings.error('sample-table', `frame ${n} lies beyond the end of the file`, where);
        if (end <= place.offset) return; // so do, mostly, all that follow, of which there may be billions
      }
      const window = new ReadWindow(64, end);
      const { codestreams } = yield* readSample(window, place, 2, log);
      if (codestreams.length !== entry.fields.count) {
        findings.error(
          'box-missing',
          `frame ${n} has ${codestreams.length} of ${entry.fields.count} codestreams`,
          where,
        );
      }
      for (const { offset, length } of codestreams) {
        const extent = { start: offset, end: Math.min(offset + length, end) };
        const checked = yield* counted(state, extent, inMemory, () => {});
        if (checked) checkFrame(n, checked, entry.header, findings);
      }
      progress(place.offset);
      yield [];
    }
  }
}

/** What a sample entry says of all frames (15444-3 6.2). */
function checkFrame(
  n: number,
  { main: { siz, offset } }: CheckedCodestream,
  header: Jp2Header | undefined,
  findings: Findings,
): void {
  const said = header?.imageHeader;
  if (said === undefined) return;
  const width = siz.xsiz - siz.xosiz;
  if (said.width === width && said.numComponents === siz.components.length) return;
  const message = `frame ${n} is ${width} wide with ${siz.components.length} components, its sample entry says otherwise`;
  findings.error('jp2-mismatch', message, { offset, clause: '15444-3 6.2' });
}

/** What the JP2 header repeats of the codestream (I.5.3.1). */
function checkShapes(file: Jp2File, { main: { siz } }: CheckedCodestream, findings: Findings): void {
  const size = { width: siz.xsiz - siz.xosiz, height: siz.ysiz - siz.yosiz, components: siz.components };
  checkAgainstCodestream(file, size, new FindingLog(findings));
}
