/**
 * Validation: every rule of a file and its codestreams that can be checked without decoding a sample.
 */
import { Deadline, type Executor } from '../executor.ts';
import { checkAgainstCodestream, type Container, type Jp2File, readJp2File } from '../fileformat/jp2-file.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import {
  type AbortSignalLike,
  BytesSource,
  type ImageInput,
  MeteredSource,
  readFrom,
  type Reading,
  sourceOf,
  throwIfAborted,
} from '../source.ts';
import { type CheckedCodestream, checkCodestream } from './codestream-rules.ts';
import { checkFile } from './file-rules.ts';
import { type Finding, FindingLog, Findings } from './findings.ts';
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
  /** Of the input, 0..1; 0 where its size is unknown. */
  readonly fraction: number;
}

/** What a validation found. */
export interface ValidationReport {
  /** True without any finding of severity `error`. */
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** What kind of file it is; `undefined` where it could not be told. */
  readonly container: Container | undefined;
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
    await readFrom(validating(state, source.size, inMemory), metered, options.signal, executor, deadline);
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
  container: Container | undefined;
  profile: ValidateProfile | undefined;
}

function* validating(state: State, size: number | undefined, inMemory: boolean): Reading<void> {
  const { findings, limits, options } = state;
  const file = yield* readJp2File(new FindingLog(findings), limits, size);
  state.container = file.container;
  const progress = (position: number) =>
    options.onProgress?.({ fraction: size === undefined || size === 0 ? 0 : Math.min(1, position / size) });
  let first: CheckedCodestream | undefined;
  for (const { offset, length, fragments } of file.codestreams) {
    if (fragments) {
      findings.note('fragment', 'a codestream in fragments is not followed', { clause: '15444-2 M.11.3' });
      continue;
    }
    const limit = length === undefined ? Number.MAX_SAFE_INTEGER : offset + length;
    const extent = { start: offset, end: Math.min(limit, size ?? Number.MAX_SAFE_INTEGER) };
    const checked = yield* checkCodestream(extent, inMemory, limits, findings, progress);
    state.counts.codestreams++;
    state.counts.tileParts += checked?.parts.length ?? 0;
    state.counts.packets += checked?.packets ?? 0;
    first ??= checked;
  }
  if (file.container !== 'codestream') checkFile(file, first?.main, findings);
  if (first) {
    checkShapes(file, first, findings);
    state.profile = checkProfile(options.profile, first, file.container === 'codestream', findings);
  }
  progress(size ?? 0);
}

/** What the JP2 header repeats of the codestream (I.5.3.1). */
function checkShapes(file: Jp2File, { main: { siz } }: CheckedCodestream, findings: Findings): void {
  const size = { width: siz.xsiz - siz.xosiz, height: siz.ysiz - siz.yosiz, components: siz.components };
  checkAgainstCodestream(file, size, new FindingLog(findings));
}
