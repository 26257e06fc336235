/**
 * A Motion JPEG 2000 file (15444-3) as movie header and tracks. Only the movie box is read, wherever it stands; media data boxes are
 * stepped over, so opening a movie of many gigabytes costs the bytes of its tables.
 *
 * The hierarchy of boxes is fixed (15444-12 6.2.3), so a reader that looks for what it wants at the level where it belongs cannot be
 * led in circles.
 */
import { type DiagnosticLog, Jpeg2000Error, malformed, overLimit, placeOf } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import {
  type BoxContent,
  type BoxHeader,
  boxesIn,
  contentOffset,
  MAX_BOXES,
  readBoxHeader,
  readContent,
  tolerate,
} from './box.ts';
import { type FileTypeBox, readFileType } from './jp2-boxes.ts';
import {
  type EditEntry,
  type MediaHeader,
  type MovieHeader,
  readDataReferences,
  readEditList,
  readHandler,
  readMediaHeader,
  readMovieHeader,
  readTrackHeader,
  type TrackHeader,
} from './mj2-boxes.ts';
import { readSampleEntry, type SampleEntry } from './mj2-sample-entry.ts';
import { readSampleTable, type SampleTable } from './mj2-sample-table.ts';

/** A track of pictures. */
export interface PictureTrack {
  readonly header: TrackHeader;
  readonly media: MediaHeader;
  /** Kinds of samples; a sample says by index which one it is of. */
  readonly entries: readonly SampleEntry[];
  readonly samples: SampleTable;
  readonly edits: readonly EditEntry[];
  /** By data reference, from the first: whether the samples lie in this file. */
  readonly selfContained: readonly boolean[];
}

/** A track that holds no JPEG 2000 pictures, such as sound. */
export interface OtherTrack {
  readonly id: number;
  /** Four characters of its handler: `soun`, `hint`, `vide`… */
  readonly handler: string;
  /** Four characters of its first sample entry. */
  readonly format: string;
}

/** What a movie file says of itself. */
export interface MovieFile {
  readonly fileType: FileTypeBox | undefined;
  readonly movie: MovieHeader;
  readonly tracks: readonly PictureTrack[];
  readonly others: readonly OtherTrack[];
}

/** How far ahead of a box header the file is read. */
const READ_AHEAD = 4096;

/** Movies have a track or two, and seldom more than one kind of sample. */
const MAX_TRACKS = 256;
const MAX_ENTRIES = 256;

/**
 * Reads the movie box of a file.
 *
 * @throws {Jpeg2000Error} `malformed` for a file without a movie, `limit-bytes` for a movie box that is larger than the caller allows.
 */
export function* readMovieFile(log: DiagnosticLog, limits: Limits, size?: number): Reading<MovieFile> {
  const file = new ReadWindow(READ_AHEAD, size);
  let fileType: FileTypeBox | undefined;
  let movie: BoxContent | undefined;
  let offset = 0;
  for (let count = 0; size === undefined || offset < size; count++) {
    if (count === MAX_BOXES)
      throw overLimit('limit-boxes', `expected at most ${MAX_BOXES} boxes, found more`, { offset });
    const box: BoxHeader | undefined = yield* nextBox(file, offset, movie !== undefined, log);
    if (box === undefined) break;
    if (box.type === 'ftyp') fileType ??= tolerate(log, yield* readWhole(box, limits, size), readFileType);
    if (box.type === 'moov') {
      movie = yield* readWhole(box, limits, size);
      break; // fragments of later editions (moof) are not Motion JPEG 2000
    }
    if (box.length === undefined) break;
    offset += box.length;
  }
  if (movie === undefined) {
    throw malformed('box-missing', "expected a movie box ('moov'), found none", { clause: '15444-12 8.2.1' });
  }
  return { fileType, ...readMovie(movie, log) };
}

/** The next box; what follows nonsense cannot be found. */
function* nextBox(
  file: ReadWindow,
  offset: number,
  found: boolean,
  log: DiagnosticLog,
): Reading<BoxHeader | undefined> {
  try {
    return yield* readBoxHeader(file, offset);
  } catch (error) {
    if (!found && offset === 0) {
      throw malformed('not-jpeg2000', 'expected a movie file, found no box', { offset: 0, clause: '15444-12 4.2' });
    }
    if (!(error instanceof Jpeg2000Error)) throw error;
    log.add(error.code, `the rest of the file is skipped: ${error.reason}`, placeOf(error));
    return undefined;
  }
}

function* readWhole(box: BoxHeader, limits: Limits, size: number | undefined): Reading<BoxContent> {
  const offset = contentOffset(box);
  const said = box.length === undefined ? (size ?? limits.bytes + offset) - offset : box.length - box.headerLength;
  const length = size === undefined ? said : Math.min(said, size - offset);
  if (length > limits.bytes) {
    throw overLimit('limit-bytes', `box '${box.type}' has ${length} bytes, the limit is ${limits.bytes}`, { offset });
  }
  const content = yield* readContent(offset, length, size);
  return { ...box, length: box.headerLength + content.length, content };
}

function readMovie(box: BoxContent, log: DiagnosticLog): Omit<MovieFile, 'fileType'> {
  let movie: MovieHeader | undefined;
  const tracks: PictureTrack[] = [];
  const others: OtherTrack[] = [];
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    if (inner.type === 'mvhd') movie ??= tolerate(log, inner, readMovieHeader);
    if (inner.type !== 'trak') continue;
    if (tracks.length + others.length === MAX_TRACKS) {
      log.add('limit-boxes', `tracks after the first ${MAX_TRACKS} are skipped`, { offset: inner.offset });
      break;
    }
    const track = tolerate(log, inner, (content) => readTrack(content, log));
    if (track && 'samples' in track) tracks.push(track);
    else if (track) others.push(track);
  }
  if (movie === undefined) {
    log.add('box-missing', 'the movie has no usable header', { offset: box.offset, clause: '15444-12 8.2.2' });
  }
  return { movie: movie ?? { timescale: 1, duration: 0 }, tracks, others };
}

/** One track; of every box the first counts. */
function readTrack(box: BoxContent, log: DiagnosticLog): PictureTrack | OtherTrack {
  const track = childrenOf(box, log);
  const media = childrenOf(required(track, 'mdia', box), log);
  const information = childrenOf(required(media, 'minf', box), log);
  const table = childrenOf(required(information, 'stbl', box), log);
  const header = readTrackHeader(required(track, 'tkhd', box));
  const { type: handler } = readHandler(required(media, 'hdlr', box));
  const entryBoxes = sampleEntryBoxes(required(table, 'stsd', box), log);
  const format = entryBoxes[0]?.type ?? '';
  if (handler !== 'vide' || !entryBoxes.some(({ type }) => type === 'mjp2')) return { id: header.id, handler, format };
  const data = information.get('dinf');
  const references = data && childrenOf(data, log).get('dref');
  const edits = track.get('edts');
  const list = edits && childrenOf(edits, log).get('elst');
  return {
    header,
    media: readMediaHeader(required(media, 'mdhd', box)),
    entries: entryBoxes.map((entry) => readSampleEntry(entry, log)),
    samples: readSampleTable(
      {
        stts: table.get('stts'),
        stsc: table.get('stsc'),
        stsz: table.get('stsz'),
        stco: table.get('stco') ?? table.get('co64'),
      },
      log,
    ),
    edits: (list && tolerate(log, list, readEditList)) ?? [],
    selfContained: references ? readDataReferences(listOf(references, log)) : [],
  };
}

function childrenOf(box: BoxContent, log: DiagnosticLog): Map<string, BoxContent> {
  const children = new Map<string, BoxContent>();
  for (const child of boxesIn(box.content, contentOffset(box), log)) {
    if (!children.has(child.type)) children.set(child.type, child);
  }
  return children;
}

function required(boxes: ReadonlyMap<string, BoxContent>, type: string, track: BoxContent): BoxContent {
  const box = boxes.get(type);
  if (box) return box;
  throw malformed('box-missing', `the track has no '${type}' box`, { offset: track.offset, clause: '15444-12 6.2.3' });
}

/** The sample entries; a track with hundreds of them wants something else from us. */
function sampleEntryBoxes(box: BoxContent, log: DiagnosticLog): BoxContent[] {
  const entries = listOf(box, log);
  if (entries.length > MAX_ENTRIES) {
    log.add('limit-boxes', `sample entries after the first ${MAX_ENTRIES} are skipped`, { offset: box.offset });
  }
  return entries.slice(0, MAX_ENTRIES);
}

/** The boxes after version, flags and a count. */
function listOf(box: BoxContent, log: DiagnosticLog): BoxContent[] {
  const list: BoxContent[] = [];
  for (const entry of boxesIn(box.content.subarray(8), contentOffset(box) + 8, log)) {
    list.push(entry);
    if (list.length > MAX_ENTRIES) break;
  }
  return list;
}
