/**
 * Rules of the boxes around a codestream (15444-1 Annex I; 15444-2 Annex M; 15444-15 Annex D).
 *
 * The tolerant reader of files says what it passes over; here is what it has no reason to look at.
 */
import type { MainHeader } from '../codestream/main-header.ts';
import { colourInfoOf } from '../colour/channels.ts';
import { DiagnosticLog, type ErrorPlace, Jpeg2000Error } from '../errors.ts';
import type { ChannelDefinition } from '../fileformat/channel-boxes.ts';
import type { Fragment } from '../fileformat/fragment-list.ts';
import { readIccHeader } from '../fileformat/icc-header.ts';
import { boxNameOf } from '../fileformat/box-names.ts';
import type { BoxPlace, Jp2File } from '../fileformat/jp2-file.ts';
import type { Jp2Header } from '../fileformat/jp2-boxes.ts';
import { type Reading, readRange } from '../source.ts';
import type { Findings } from './findings.ts';

/** Enumerated colour spaces that JP2 knows (Table I.10). */
const JP2_SPACES = [16, 17, 18];

/** Boxes of the JP2 header that may come once (I.5.3). */
const ASSOCIATION_NONE = 65535;

/** Checks the boxes of a file. `main` is the main header of the first codestream, where it could be read. */
export function checkFile(file: Jp2File, main: MainHeader | undefined, findings: Findings): void {
  const { boxes, fileType, header } = file;
  checkFileType(file, findings);
  for (const [k, box] of boxes.entries()) checkBox(box, k === boxes.length - 1, findings);
  if (boxes[0] && (boxes[0].length ?? 12) !== 12) {
    findings.error('box-length', `the signature box has ${boxes[0].length} bytes`, place(boxes[0], 'I.5.1'));
  }
  if (!header) return;
  const offset = boxes.find(({ type }) => type === 'jp2h')?.offset ?? 0;
  checkImageHeader(header, boxes, offset, findings);
  checkColours(file, header, offset, findings);
  checkPalette(header, offset, main?.siz.components.length ?? header.imageHeader?.numComponents ?? 0, findings);
  const channels = header.componentMapping?.length ?? main?.siz.components.length;
  if (channels !== undefined && header.channelDefinitions) {
    const sound = checkChannels(header.channelDefinitions, channels, offset, findings);
    if (sound && main) checkColourChannels(file, main.siz.components.length, offset, findings);
  }
  if (fileType?.brand === 'jph ' && main && !main.segments.cap) {
    findings.error('jp2-mismatch', 'a JPH file around a codestream without CAP', {
      offset: main.offset,
      clause: '15444-15 D.2',
    });
  }
}

function checkFileType({ fileType, boxes }: Jp2File, findings: Findings): void {
  if (!fileType) return;
  const { brand, minorVersion, compatible } = fileType;
  const box = boxes.find(({ type }) => type === 'ftyp')!;
  const known: Readonly<Record<string, string>> = { 'jp2 ': 'jp2 ', 'jpx ': 'jpx ', 'jph ': 'jph ' };
  const wanted = known[brand];
  if (wanted === undefined) {
    findings.warning('box-value', `the brand '${brand}' is none of JP2, JPX and JPH`, place(box, 'I.5.2'));
  } else if (!compatible.some((name) => name === wanted || (wanted === 'jpx ' && name === 'jpxb'))) {
    findings.error('box-value', `the compatibility list lacks '${wanted}'`, place(box, 'I.5.2'));
  }
  if (brand === 'jp2 ' && minorVersion !== 0) {
    findings.warning('box-value', `MinV is ${minorVersion}, expected 0`, place(box, 'I.5.2'));
  }
  if (brand === 'jpx ' && boxes[2]?.type !== 'rreq') {
    findings.warning('box-missing', 'a JPX file without a reader requirements box behind the file type box', {
      offset: box.offset,
      clause: '15444-2 M.11.1',
    });
  }
}

function checkBox(box: BoxPlace, last: boolean, findings: Findings): void {
  if (boxNameOf(box.type) === 'Unknown') {
    findings.note('box-value', `box '${box.type}' is of no standard known here`, place(box, 'I.8'));
  }
  if (box.length === undefined && !last)
    findings.error('box-length', `box '${box.type}' is open, but not the last`, place(box, 'I.4'));
  for (const child of box.children ?? []) checkBox(child, true, findings);
}

function checkImageHeader(header: Jp2Header, boxes: readonly BoxPlace[], offset: number, findings: Findings): void {
  const { imageHeader: image, bitsPerComponent } = header;
  if (!image) return;
  const at = { offset, clause: '15444-1 I.5.3.1' };
  if (image.format === undefined && !bitsPerComponent) {
    findings.error('box-missing', 'BPC is 255, and there is no bits per component box', at);
  }
  if (image.format !== undefined && bitsPerComponent) {
    findings.warning('box-value', 'a bits per component box, though BPC says all', {
      ...at,
      clause: '15444-1 I.5.3.2',
    });
  }
  if (bitsPerComponent && bitsPerComponent.length !== image.numComponents) {
    const message = `${bitsPerComponent.length} bit depths for ${image.numComponents} components`;
    findings.error('box-value', message, { ...at, clause: '15444-1 I.5.3.2' });
  }
  const hasRights = boxes.some(({ type }) => type === 'jp2i');
  if (image.intellectualProperty !== hasRights) {
    const message = hasRights ? 'there is an intellectual property box, and IPR is 0' : 'IPR is 1, and there is no box';
    findings.warning('box-value', message, at);
  }
  const ihdr = boxes.find(({ type }) => type === 'jp2h')?.children?.find(({ type }) => type === 'ihdr');
  if (ihdr?.length !== undefined && ihdr.length !== 22) {
    findings.error('box-length', `the image header box has ${ihdr.length} bytes, expected 22`, at);
  }
}

function checkColours({ container }: Jp2File, header: Jp2Header, offset: number, findings: Findings): void {
  const at = { offset, clause: '15444-1 I.5.3.3' };
  const usable = header.colours.some((colour) => {
    if (colour.method === 'enumerated') return container !== 'jp2' || JP2_SPACES.includes(colour.enumerated);
    return colour.method === 'restricted-icc' || container !== 'jp2';
  });
  for (const colour of header.colours) {
    if (colour.method === 'restricted-icc' || colour.method === 'any-icc') {
      checkProfile(colour.icc, colour.method === 'restricted-icc', at, findings);
    }
  }
  if (header.colours.length > 0 && !usable) {
    findings.error('colour-space', 'no colour specification that a JP2 reader understands', at);
  }
  if (container !== 'jp2') return;
  for (const { precedence, approximation } of header.colours) {
    if (precedence !== 0) findings.warning('box-value', `PREC is ${precedence}, expected 0`, at);
    if (approximation !== 0) findings.warning('box-value', `APPROX is ${approximation}, expected 0`, at);
  }
}

/** What the box has to know of a profile (Table I.9), and that its tags lie inside it (ICC.1:2010 7.3). */
function checkProfile(icc: Uint8Array, restricted: boolean, at: ErrorPlace, findings: Findings): void {
  const header = readIccHeader(icc);
  if (!header) {
    findings.error('icc-profile', 'the ICC profile has no header, or one that is longer than its box', at);
    return;
  }
  if (header.length !== icc.length) {
    findings.warning('icc-profile', `the ICC profile says ${header.length} bytes, its box holds ${icc.length}`, at);
  }
  if (restricted && !header.restricted) {
    findings.error('icc-profile', 'the ICC profile is not of the kinds that METH 2 allows: use METH 3', at);
  }
  const view = new DataView(icc.buffer, icc.byteOffset, icc.length);
  const count = view.getUint32(128);
  if (132 + 12 * count > header.length) {
    findings.error('icc-profile', `the ICC profile lists ${count} tags, for which it has no room`, at);
    return;
  }
  for (let k = 0; k < count; k++) {
    const [from, size] = [view.getUint32(132 + 12 * k + 4), view.getUint32(132 + 12 * k + 8)];
    if (from + size <= header.length) continue;
    findings.error('icc-profile', `tag ${k} of the ICC profile lies beyond its end`, at);
    return;
  }
}

function checkPalette(header: Jp2Header, offset: number, numComponents: number, findings: Findings): void {
  const { palette, componentMapping } = header;
  const at = { offset, clause: '15444-1 I.5.3.5' };
  if (palette && !componentMapping) findings.error('palette', 'a palette without a component mapping box', at);
  if (componentMapping && !palette) findings.error('palette', 'a component mapping without a palette box', at);
  const columns = palette?.columns.length ?? 0;
  for (const [k, { component, paletteColumn }] of (componentMapping ?? []).entries()) {
    if (numComponents > 0 && component >= numComponents) {
      findings.error('palette', `channel ${k} is made of component ${component} of ${numComponents}`, at);
    }
    if (paletteColumn !== undefined && paletteColumn >= columns) {
      findings.error('palette', `channel ${k} is made by column ${paletteColumn} of ${columns}`, at);
    }
  }
}

/** Each definition for itself, and that no two are of one channel or one meaning; whether all are sound. */
function checkChannels(
  definitions: readonly ChannelDefinition[],
  numChannels: number,
  offset: number,
  findings: Findings,
): boolean {
  const channels = new Set<number>();
  const meanings = new Set<string>();
  let sound = true;
  const error = (message: string): void => {
    sound = false;
    findings.error('channel-definition', message, { offset, clause: '15444-1 I.5.3.6' });
  };
  for (const { channel, type, association } of definitions) {
    if (channel >= numChannels) error(`channel ${channel} of ${numChannels}`);
    if (channels.has(channel)) error(`channel ${channel} is defined twice`);
    channels.add(channel);
    if (type > 2 && type !== ASSOCIATION_NONE) error(`channel ${channel} is of the reserved type ${type}`);
    const meaning = `${type} ${association}`;
    const tells = type !== ASSOCIATION_NONE && association !== ASSOCIATION_NONE;
    if (tells && meanings.has(meaning)) error(`two channels are of type ${type} for association ${association}`);
    meanings.add(meaning);
  }
  return sound;
}

/** That every colour of the space has its channel, as a reader of the file looks for it. */
function checkColourChannels(file: Jp2File, numComponents: number, offset: number, findings: Findings): void {
  const log = new DiagnosticLog();
  try {
    colourInfoOf(file, numComponents, {}, log);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error; // what a palette cannot be has been said
  }
  for (const { code, message, clause } of log.list) {
    if (code === 'channel-definition') findings.error(code, message, { offset, ...(clause ? { clause } : {}) });
  }
}

/** That fragments are in this file, or in one that the data reference box names (15444-2 M.11.4). */
export function* checkDataReferences(
  { boxes }: Jp2File,
  fragments: readonly Fragment[],
  findings: Findings,
): Reading<void> {
  const box = boxes.find(({ type }) => type === 'dtbl');
  const bytes = box ? yield* readRange(box.offset + box.headerLength, 2) : new Uint8Array(0);
  const count = bytes.length < 2 ? 0 : (bytes[0] << 8) | bytes[1];
  const wrong = fragments.find(({ dataReference }) => dataReference > count);
  if (!wrong) return;
  findings.error('fragment', `a fragment lies in data reference ${wrong.dataReference}, there are ${count}`, {
    offset: (boxes.find(({ type }) => type === 'ftbl') ?? boxes[0]).offset,
    clause: '15444-2 M.11.4',
  });
}

function place(box: BoxPlace, clause: string): { offset: number; clause: string } {
  return { offset: box.offset, clause: `15444-1 ${clause}` };
}
