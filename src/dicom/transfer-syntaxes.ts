/**
 * The transfer syntaxes of DICOM that have to do with JPEG 2000 (PS3.5 8.2.4, 8.2.17, 10.9 and annex A; PS3.6 table A-1).
 */

/** A transfer syntax. */
export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  /** Block coder of its codestreams. */
  readonly coder: 'classic' | 'ht';
  /** True where only reversibly coded frames are allowed. */
  readonly losslessOnly: boolean;
  /** What of the standard it needs beyond 15444-1: high throughput (Part 15), multi-component transforms (Part 2), JPIP (Part 9). */
  readonly needs?: 'part-15' | 'part-2' | 'jpip';
  /** True when `decodeFrame` decodes its frames. */
  readonly supported: boolean;
  /** Why it is not, or only in part. */
  readonly why?: string;
}

const MULTI = 'frames decode as long as they use no array-based multi-component transform of Part 2';
const JPIP = 'the data set holds an address instead of pixels: fetch them with a JPIP client';

/** The table, by UID; unknown UIDs have no entry. */
export const TRANSFER_SYNTAXES: Readonly<Record<string, TransferSyntax>> = /* @__PURE__ */ byUid([
  { ...row('90', 'JPEG 2000 Image Compression (Lossless Only)', 'classic', true), supported: true },
  { ...row('91', 'JPEG 2000 Image Compression', 'classic', false), supported: true },
  { ...row('92', 'JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)', 'classic', true), ...multi() },
  { ...row('93', 'JPEG 2000 Part 2 Multi-component Image Compression', 'classic', false), ...multi() },
  { ...row('94', 'JPIP Referenced', 'classic', false), ...jpip() },
  { ...row('95', 'JPIP Referenced Deflate', 'classic', false), ...jpip() },
  { ...row('201', 'High-Throughput JPEG 2000 Image Compression (Lossless Only)', 'ht', true), ...ht() },
  {
    ...row('202', 'High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)', 'ht', true),
    ...ht(),
  },
  { ...row('203', 'High-Throughput JPEG 2000 Image Compression', 'ht', false), ...ht() },
  { ...row('204', 'JPIP HTJ2K Referenced', 'ht', false), ...jpip() },
  { ...row('205', 'JPIP HTJ2K Referenced Deflate', 'ht', false), ...jpip() },
]);

function row(
  ending: string,
  name: string,
  coder: TransferSyntax['coder'],
  losslessOnly: boolean,
): Pick<TransferSyntax, 'uid' | 'name' | 'coder' | 'losslessOnly'> {
  return { uid: `1.2.840.10008.1.2.4.${ending}`, name, coder, losslessOnly };
}

function ht(): Pick<TransferSyntax, 'needs' | 'supported'> {
  return { needs: 'part-15', supported: true };
}

function multi(): Pick<TransferSyntax, 'needs' | 'supported' | 'why'> {
  return { needs: 'part-2', supported: false, why: MULTI };
}

function jpip(): Pick<TransferSyntax, 'needs' | 'supported' | 'why'> {
  return { needs: 'jpip', supported: false, why: JPIP };
}

function byUid(rows: readonly TransferSyntax[]): Record<string, TransferSyntax> {
  return Object.fromEntries(rows.map((one) => [one.uid, one]));
}
