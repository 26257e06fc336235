/**
 * The box types of the JPEG 2000 family and what the standards call them: 15444-1 Table I.2, 15444-2 Table M.13
 * (JPX), 15444-9 Table I.1 (JPIP indices). Boxes that are only named here are recognised and skipped.
 */

/** Names by type; a type that is not listed is an unknown box, which every reader has to skip (15444-1 I.8). */
export const BOX_NAMES: Readonly<Record<string, string>> = {
  // 15444-1
  'jP  ': 'JPEG 2000 Signature',
  ftyp: 'File Type',
  jp2h: 'JP2 Header',
  ihdr: 'Image Header',
  bpcc: 'Bits Per Component',
  colr: 'Colour Specification',
  pclr: 'Palette',
  cmap: 'Component Mapping',
  cdef: 'Channel Definition',
  'res ': 'Resolution',
  resc: 'Capture Resolution',
  resd: 'Default Display Resolution',
  jp2c: 'Contiguous Codestream',
  jp2i: 'Intellectual Property',
  'xml ': 'XML',
  uuid: 'UUID',
  uinf: 'UUID Info',
  ulst: 'UUID List',
  'url ': 'Data Entry URL',
  // 15444-2
  rreq: 'Reader Requirements',
  jpch: 'Codestream Header',
  jplh: 'Compositing Layer Header',
  cgrp: 'Colour Group',
  opct: 'Opacity',
  creg: 'Codestream Registration',
  dtbl: 'Data Reference',
  ftbl: 'Fragment Table',
  flst: 'Fragment List',
  cref: 'Cross-Reference',
  mdat: 'Media Data',
  comp: 'Composition',
  copt: 'Composition Options',
  inst: 'Instruction Set',
  asoc: 'Association',
  nlst: 'Number List',
  'lbl ': 'Label',
  bfil: 'Binary Filter',
  drep: 'Desired Reproductions',
  gtso: 'Graphics Technology Standard Output',
  roid: 'ROI Description',
  chck: 'Digital Signature',
  mp7b: 'MPEG-7 Binary',
  free: 'Free',
  // 15444-9
  fidx: 'File Index',
  cidx: 'Codestream Index',
  cptr: 'Codestream Finder',
  fptr: 'Fragment Pointer',
  iptr: 'Index Finder',
  prxy: 'Proxy',
  manf: 'Manifest',
  faix: 'Fragment Array Index',
  mhix: 'Header Index Table',
  tpix: 'Tile-part Index Table',
  thix: 'Tile Header Index Table',
  ppix: 'Precinct Packet Index Table',
  phix: 'Packet Header Index Table',
};

/** The standard's name of a box type. */
export function boxNameOf(type: string): string {
  return Object.hasOwn(BOX_NAMES, type) ? BOX_NAMES[type] : 'Unknown';
}

/** UUIDs of well-known UUID boxes (15444-1 I.7.2 leaves their contents to their owners). */
export const UUID_NAMES: Readonly<Record<string, UuidName>> = {
  'be7acfcb-97a9-42e8-9c71-999491e3afac': 'xmp',
  'b14bf8bd-083d-4b43-a5ae-8cd7d5a6ce03': 'geotiff',
  '4a706754-6966-6645-7869-662d3e4a5032': 'exif', // the ASCII text JpgTiffExif->JP2
  '0537cdab-9d0c-4431-a72a-fa561f2a113e': 'exif',
  '33c7a4d2-b81d-4723-a0ba-f1a3e097ad38': 'iptc',
};

/** What a well-known UUID box carries. */
export type UuidName = 'xmp' | 'geotiff' | 'exif' | 'iptc';

/** Sixteen bytes in the canonical form of RFC 9562, lower case with hyphens. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Sixteen bytes of a UUID written with hyphens or without; `undefined` for anything but 32 hexadecimal digits. */
export function parseUuid(text: string): Uint8Array | undefined {
  const digits = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(digits)) return undefined;
  return Uint8Array.from({ length: 16 }, (_, k) => Number.parseInt(digits.slice(2 * k, 2 * k + 2), 16));
}
