/** Dialects of other programs, for who has to live with them. */

/** What some clients need instead of what the standard says. */
export interface Compatibility {
  /** `openjpip`: tile header data-bins begin with SOT without its marker and end with SOD, as OpenJPEG's client needs. */
  readonly tileHeaders?: 'standard' | 'openjpip';
  /** `plain`: main headers hold SIZ, COD, COC, QCD, QCC, RGN and COM only, as webjpip.js needs. */
  readonly mainHeaders?: 'standard' | 'plain';
}
