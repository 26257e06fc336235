/**
 * Rules of profiles, held against what a codestream turned out to be.
 *
 * By default the profile that Rsiz claims (15444-1 Table A.10). Profiles that are known by name only are said to be unchecked.
 */
import {
  type ComponentCodingStyle,
  ppxOf,
  ppyOf,
  STYLE_BYPASS,
  STYLE_CAUSAL,
  STYLE_HIGH_THROUGHPUT,
  STYLE_HT_MIXED,
  STYLE_PREDICTABLE,
  STYLE_RESET,
  STYLE_SEGMENTATION,
  STYLE_TERMINATE,
} from '../codestream/cod.ts';
import * as M from '../codestream/markers.ts';
import {
  brokenRules,
  CINEMA_COMPONENT_BYTES,
  CINEMA_FRAME_BYTES,
  type CodestreamShape,
  PROFILE_RULES,
  type RuledProfile,
  type ShapeRule,
} from '../codestream/profiles.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import type { CheckedCodestream } from './codestream-rules.ts';
import { RESTRICTIONS } from './codestream-restrictions.ts';
import type { Findings } from './findings.ts';

/** Names that `profile` may have: those of the encoder, and Profile-0 and Profile-1 of Table A.45. */
export type ValidateProfile = RuledProfile | keyof typeof RESTRICTIONS;

const RULES: Readonly<Record<ValidateProfile, readonly ShapeRule[]>> = /* @__PURE__ */ (() => ({
  ...RESTRICTIONS,
  ...PROFILE_RULES,
}))();

/** 15444-2 Table A.2. */
const RSIZ_PART_2 = 0x8000;

/** Rsiz values with rules here. */
const CLAIMS: Readonly<Record<number, ValidateProfile>> = {
  1: 'profile-0',
  2: 'profile-1',
  3: 'cinema2k',
  4: 'cinema4k',
};

/** Rsiz values that are known by name only (Table A.10 with its amendments). */
const UNRULED: Readonly<Record<number, string>> = {
  5: 'scalable 2K digital cinema',
  6: 'scalable 4K digital cinema',
  7: 'long-term storage of digital cinema',
};

/** Families of broadcast and IMF profiles by the second byte of Rsiz. */
const FAMILIES: Readonly<Record<number, ValidateProfile | undefined>> = {
  1: 'broadcast',
  4: 'imf',
  5: 'imf',
  6: 'imf',
  7: 'imf',
  8: 'imf',
  9: 'imf',
};

/** Code-block styles as rules name them. */
const STYLES: readonly (readonly [number, string])[] = [
  [STYLE_BYPASS, 'bypass'],
  [STYLE_RESET, 'reset'],
  [STYLE_TERMINATE, 'terminate'],
  [STYLE_CAUSAL, 'causal'],
  [STYLE_PREDICTABLE, 'predictable'],
  [STYLE_SEGMENTATION, 'segmentation'],
];

/** Where rules stand. */
const SOURCES: Readonly<Record<ValidateProfile, string>> = {
  'profile-0': '15444-1 Table A.45',
  'profile-1': '15444-1 Table A.45',
  cinema2k: '15444-1 AMD 1',
  cinema4k: '15444-1 AMD 1',
  broadcast: '15444-1 AMD 3',
  imf: '15444-1 AMD 8',
  'dicom-j2k': 'PS3.5 8.2.4, A.4.4',
  'dicom-htj2k': 'PS3.5 8.2.17, 10.18',
  'dicom-htj2k-rpcl': 'PS3.5 10.18',
  jpip: '15444-9, by practice',
  archive: 'practice of digital libraries',
};

/** Checks the name that a caller gave. */
export function checkProfileName(profile: string | undefined): void {
  if (profile === undefined || Object.hasOwn(RULES, profile)) return;
  throw usage('option-value', `profile must be one of ${Object.keys(RULES).join(', ')}, found ${profile}`);
}

/** Holds a codestream against a profile, or against the one that it claims; which one that was. */
export function checkProfile(
  asked: ValidateProfile | undefined,
  checked: CheckedCodestream,
  bare: boolean,
  findings: Findings,
): ValidateProfile | undefined {
  const { siz, offset } = checked.main;
  const place = { offset: offset + 6, clause: '15444-1 Table A.10' };
  const claimed = claimOf(siz.rsiz);
  const profile = asked ?? claimed;
  if (asked !== undefined && claimed !== asked && isOfStandard(asked)) {
    findings.error('profile', `${asked}: Rsiz does not claim it, but is ${siz.rsiz}`, place);
  }
  if (profile === undefined) {
    if ((siz.rsiz & RSIZ_PART_2) !== 0) return undefined;
    const low = siz.rsiz & 0x3fff;
    const name = UNRULED[low] ?? (low >> 8 === 2 || low >> 8 === 3 ? 'multi-tile broadcast' : undefined);
    if (name !== undefined) findings.note('profile', `the rules of ${name} are not checked`, place);
    else if (low !== 0) findings.warning('profile', `Rsiz ${siz.rsiz} is no profile known here`, place);
    return undefined;
  }
  const at = { offset, clause: SOURCES[profile] };
  for (const text of brokenRules(RULES[profile], shapeOf(checked, bare)))
    findings.error('profile', `${profile}: ${text}`, at);
  if (profile === 'profile-0' || profile.startsWith('cinema') || profile === 'imf') {
    checkMainHeaderOnly(profile, checked, findings);
  }
  if (profile.startsWith('cinema')) checkCinemaBytes(profile, checked, findings);
  return profile;
}

function claimOf(rsiz: number): ValidateProfile | undefined {
  if ((rsiz & RSIZ_PART_2) !== 0) return undefined; // then the other bits name extensions
  const low = rsiz & 0x3fff;
  return CLAIMS[low] ?? FAMILIES[low >> 8];
}

/** Profiles that have a value of Rsiz. */
function isOfStandard(profile: ValidateProfile): boolean {
  return Object.values(CLAIMS).includes(profile) || Object.values(FAMILIES).includes(profile);
}

/** COD, COC, QCD and QCC stand in the main header only (Table A.45, marker locations). */
function checkMainHeaderOnly(profile: ValidateProfile, checked: CheckedCodestream, findings: Findings): void {
  for (const marker of [M.COD, M.COC, M.QCD, M.QCC]) {
    if (!checked.tileMarkers.has(marker)) continue;
    const message = `${profile}: ${M.markerName(marker)} is in the main header only, found in a tile-part`;
    findings.error('profile', message, { offset: checked.main.offset, clause: SOURCES[profile] });
  }
}

/** What a frame may take at 24 frames a second; it is less at more. */
function checkCinemaBytes(
  profile: ValidateProfile,
  { parts, bytes, main }: CheckedCodestream,
  findings: Findings,
): void {
  const at = { offset: main.offset, clause: SOURCES[profile] };
  if (bytes > CINEMA_FRAME_BYTES) {
    findings.error('profile', `${profile}: a frame has at most ${CINEMA_FRAME_BYTES} bytes, found ${bytes}`, at);
  }
  const byComponent = [0, 0, 0];
  for (const [k, { sot, end }] of parts.entries()) byComponent[k % 3] += end - sot.offset;
  const most = Math.max(...byComponent);
  if (parts.length % 3 === 0 && most > CINEMA_COMPONENT_BYTES) {
    findings.error('profile', `${profile}: a component has at most ${CINEMA_COMPONENT_BYTES} bytes, found ${most}`, at);
  }
}

/** What profiles ask, answered by the headers. */
function shapeOf({ main, parts, tileMarkers }: CheckedCodestream, bare: boolean): CodestreamShape {
  const { siz, cod, segments } = main;
  const styles = [cod.style, ...segments.coc.values()];
  const { numDecompositionLevels: levels, xcb, ycb } = cod.style;
  const has = (marker: number) => tileMarkers.has(marker);
  const perPart = siz.components.length * Math.max(1, segments.poc.length);
  return {
    width: siz.xsiz - siz.xosiz,
    height: siz.ysiz - siz.yosiz,
    components: siz.components,
    bare,
    atOrigin: siz.xosiz + siz.yosiz + siz.xtosiz + siz.ytosiz === 0,
    tile: { width: siz.xtsiz, height: siz.ytsiz },
    oneTile: numXTiles(siz) * numYTiles(siz) === 1,
    progression: cod.progression,
    changes: segments.poc,
    layers: cod.numLayers,
    levels: Math.max(...styles.map((style) => style.numDecompositionLevels)),
    reversible: styles.every((style) => style.reversible),
    mct: cod.mct ? (cod.style.reversible ? 'rct' : 'ict') : 'none',
    guardBits: main.qcd.guardBits,
    codeBlock: { width: 2 ** xcb, height: 2 ** ycb },
    styles: STYLES.flatMap(([bit, name]) => (styles.some((s) => (s.codeBlockStyle & bit) !== 0) ? [name] : [])),
    precincts: precinctsOf(cod.style, levels),
    hasRegion: segments.rgn.size > 0 || has(M.RGN),
    hasPackedHeaders: segments.ppm.length > 0 || has(M.PPT),
    partForComponent: parts.length === perPart,
    tlm: segments.tlm.length > 0,
    plt: segments.plm.length > 0 || has(M.PLT),
    highThroughput: !styles.some(isHt) ? false : styles.every(isHt) && !styles.some(isMixed) ? true : 'some',
  };
}

function isHt({ codeBlockStyle }: ComponentCodingStyle): boolean {
  return (codeBlockStyle & STYLE_HIGH_THROUGHPUT) !== 0;
}

function isMixed({ codeBlockStyle }: ComponentCodingStyle): boolean {
  return (codeBlockStyle & STYLE_HT_MIXED) !== 0;
}

function precinctsOf(style: ComponentCodingStyle, levels: number): CodestreamShape['precincts'] {
  if (style.precincts === undefined) return undefined;
  return Array.from({ length: levels + 1 }, (_, r) => ({ width: 2 ** ppxOf(style, r), height: 2 ** ppyOf(style, r) }));
}
