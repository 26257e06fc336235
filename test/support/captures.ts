/** Exchanges captured from real JPIP servers, with what was found in them by another reader. Only inside `describeShared`. */
import { readdirSync, readFileSync } from 'node:fs';
import { sharedPath } from './shared.ts';

/** The servers whose exchanges are there. */
export const CAPTURE_SERVERS = ['esajpip', 'openjpip', 'openhtj2k'] as const;

/** Messages of one class in a response. */
export interface CapturedClass {
  readonly messages: number;
  readonly bytes: number;
  readonly complete: number;
}

/** What the pixels must be once everything up to this exchange of its scenario is held. */
export interface CaptureOracle {
  readonly source: string;
  readonly sourceCodestream: number;
  readonly csn: number;
  readonly cache?: string;
  readonly reduce: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly reversible: boolean;
  readonly window: readonly [number, number, number, number];
  readonly maxAbsDiffToSourceInWindow: number;
  readonly assembledCodestreamSha256: string;
  readonly precincts?: {
    readonly full: number;
    readonly partial: number;
    readonly empty: number;
    readonly corrupt: readonly unknown[];
  };
  readonly decodedPlanarU8Sha256: string;
  readonly decodedFile?: string;
}

/** One exchange. */
export interface Capture {
  readonly id: string;
  readonly server: (typeof CAPTURE_SERVERS)[number];
  readonly scenario: string;
  readonly step: number;
  readonly repeat: number;
  readonly connection: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly responseHeaders?: readonly (readonly [string, string])[];
  readonly bodyFile?: string;
  readonly parse?: {
    readonly messages: number;
    readonly byClass: Readonly<Record<string, CapturedClass>>;
    readonly codestreams: readonly number[];
  };
  readonly eor?: { readonly code: number; readonly bodyLength: number } | null;
  /** The first six messages, the end among them; `bb` is the form of the header. */
  readonly first?: readonly (
    | {
        readonly cls: number;
        readonly id: number;
        readonly csn: number;
        readonly off: number;
        readonly len: number;
        readonly last: boolean;
        readonly aux?: number;
        readonly bb: number;
      }
    | { readonly eor: number; readonly len: number }
  )[];
  readonly expect?: CaptureOracle;
  readonly aborted?: boolean;
  readonly aux?: { readonly frames: readonly number[]; readonly rawFile: string };
}

/** All exchanges of a server in order. */
export function capturesOf(server: Capture['server']): Capture[] {
  const names = readdirSync(sharedPath('jpip-captures', server)).filter((name) => /^\d+\.json$/.test(name));
  return names
    .sort()
    .map((name) => JSON.parse(readFileSync(sharedPath('jpip-captures', server, name), 'utf8')) as Capture);
}

/** A file that belongs to an exchange: its body, its raw bytes, its picture. */
export function captureFile(capture: Capture, name: string | undefined = capture.bodyFile): Uint8Array {
  return name === undefined ? new Uint8Array(0) : readFileSync(sharedPath('jpip-captures', capture.server, name));
}

/** A file that a server served. */
export function servedFile(server: Capture['server'], name: string): Uint8Array {
  return new Uint8Array(readFileSync(sharedPath('jpip-captures', 'sources', server, name)));
}

/** A header of the response, by its name in any case. */
export function captureHeader(capture: Capture, name: string): string | undefined {
  return capture.responseHeaders?.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
}
