/**
 * What a validation finds: like a diagnostic, with a word on how bad it is.
 */
import { DiagnosticLog, type ErrorCode, type ErrorPlace, Jpeg2000Error, placeOf } from '../errors.ts';

/**
 * `error`: a rule of the standard is broken. `warning`: legal or nearly so, but likely to be trouble, or beyond what could be checked.
 * `note`: worth knowing.
 */
export type Severity = 'error' | 'warning' | 'note';

/** One finding. */
export interface Finding {
  readonly severity: Severity;
  /** What it is about, as a stable name. */
  readonly code: ErrorCode;
  /** What was expected and what was found. */
  readonly message: string;
  /** Byte offset from the start of the input, where known. */
  readonly offset?: number;
  /** The clause of the standard. */
  readonly clause?: string;
  /** How often the same code came up again; only the first findings of a code are kept in full. */
  readonly count?: number;
}

/** A broken file can break one rule in a million packets. */
const MAX_PER_CODE = 16;

/** What happens to a source, which says nothing about the file. */
const TROUBLE_OF_SOURCE: ReadonlySet<ErrorCode> = new Set(['source-read', 'source-changed']);

/** Findings in the order in which they were made. */
export class Findings {
  readonly list: Finding[] = [];
  /** How often a code came up, and where its last finding stands in the list. */
  private readonly counts = new Map<string, { seen: number; last: number }>();

  /** A rule is broken. */
  error(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    this.add('error', code, message, place);
  }

  /** Something is doubtful, or was not checked. */
  warning(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    this.add('warning', code, message, place);
  }

  /** Something is worth knowing. */
  note(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    this.add('note', code, message, place);
  }

  /**
   * What made a reader give up. Limits say that checking ended there, not that a rule is broken; so does what this library does not
   * support, unless the file does not claim the extension that would allow it.
   */
  thrown(error: unknown, where = '', extended = true): void {
    if (!(error instanceof Jpeg2000Error) || TROUBLE_OF_SOURCE.has(error.code)) throw error;
    const broken = error.kind === 'malformed' || (error.kind === 'unsupported' && !extended);
    const severity = broken ? 'error' : 'warning';
    const unchecked = severity === 'warning' ? ': what follows is not checked' : '';
    this.add(severity, error.code, `${where}${error.reason}${unchecked}`, placeOf(error));
  }

  private add(severity: Severity, code: ErrorCode, message: string, { offset, clause }: ErrorPlace): void {
    const key = `${severity} ${code}`;
    const { seen, last } = this.counts.get(key) ?? { seen: 0, last: 0 };
    this.counts.set(key, { seen: seen + 1, last: seen < MAX_PER_CODE ? this.list.length : last });
    if (seen >= MAX_PER_CODE) {
      this.list[last] = { ...this.list[last], count: seen - MAX_PER_CODE + 2 };
      return;
    }
    const place = { ...(offset === undefined ? {} : { offset }), ...(clause === undefined ? {} : { clause }) };
    this.list.push({ severity, code, message, ...place });
  }
}

/** What tolerant readers pass over without any rule being broken. */
const DOUBTS: ReadonlySet<ErrorCode> = new Set(['colour-space', 'icc-profile', 'limit-boxes', 'limit-bytes']);

/** The log that tolerant readers are given: what they live with breaks a rule all the same. */
export class FindingLog extends DiagnosticLog {
  private readonly findings: Findings;

  constructor(findings: Findings) {
    super();
    this.findings = findings;
  }

  override add(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    if (DOUBTS.has(code)) this.findings.warning(code, message, place);
    else this.findings.error(code, message, place);
  }

  override note(code: ErrorCode, message: string, place: ErrorPlace = {}): void {
    this.findings.note(code, message, place);
  }
}
