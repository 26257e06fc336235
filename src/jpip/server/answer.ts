/**
 * What a request comes to: which codestreams, which window of each, how many layers, in which form; and what of that differs from what
 * was asked for, as response headers (15444-9 Annexes C and D).
 */
import { inRange } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import type { JpipRequest, ReturnType, SampledRange } from '../request/fields.ts';
import type { JpipResponseHeaders } from '../request/response-headers.ts';
import { resolveWindow, type ServedWindow } from '../view/view-window.ts';
import { commonLevels, neededComponents } from '../view/window-precincts.ts';
import { playedRate, thinOut } from './moving-pictures.ts';
import type { ServedTarget } from './target.ts';
import type { WindowOfCodestream } from './window-delivery.ts';

/** How the answer is sent. */
export type AnswerForm =
  | { readonly kind: 'jpp' | 'jpt'; readonly mediaType: string; readonly extended: boolean }
  | { readonly kind: 'raw' }
  | { readonly kind: 'picture'; readonly mediaType: string };

/** What is going to be sent. */
export interface Answer {
  readonly windows: readonly WindowOfCodestream[];
  /** Codestreams of the request, with or without a window. */
  readonly codestreams: readonly number[];
  /** Response fields that tell what was changed. */
  readonly headers: JpipResponseHeaders;
  /** True when `quality` asked for fewer layers than there are. */
  readonly qualityLimited: boolean;
  /** True when the windows are all there is of the target's pictures. */
  readonly isEverything: boolean;
}

/** Codestreams of one request at most: each is opened. */
const MOST_CODESTREAMS = 4096;

/** Picks how the answer is sent: the first of the types asked for that is there (C.7.3). */
export function formOf(types: readonly ReturnType[] | undefined, pictures: readonly string[]): AnswerForm {
  if (types === undefined || types.length === 0) return { kind: 'jpp', mediaType: 'image/jpp-stream', extended: false };
  for (const { name, parameters = [] } of types) {
    const lower = name.toLowerCase();
    const extends_ = (which: string): boolean =>
      parameters.some((p) => p.name.toLowerCase() === which && p.value.toLowerCase() === 'ext');
    if (lower === 'jpp-stream' || lower === 'image/jpp-stream') {
      return { kind: 'jpp', mediaType: 'image/jpp-stream', extended: extends_('ptype') };
    }
    if (lower === 'jpt-stream' || lower === 'image/jpt-stream') {
      return { kind: 'jpt', mediaType: 'image/jpt-stream', extended: extends_('ttype') };
    }
    if (lower === 'raw' || lower === 'application/octet-stream') return { kind: 'raw' };
    if (pictures.includes(lower)) return { kind: 'picture', mediaType: lower };
  }
  const asked = types.map(({ name }) => name).join(', ');
  throw new JpipError('unsupported', 'request-type', `no return type of ${asked} is offered`, {
    status: 415,
    clause: '15444-9 C.7.3',
  });
}

/** Works out the windows of a request. */
export async function planAnswer(request: JpipRequest, target: ServedTarget): Promise<Answer> {
  const { numbers: named, headers: streams } = codestreamsOf(request, target);
  checkPreferences(request.pref);
  const { numbers, rate } = thinOut(named, request.srate, playedRate(target.file));
  const windows: WindowOfCodestream[] = [];
  const modelled = request.mset && asksForMore(request.mset, target.numCodestreams);
  let headers: JpipResponseHeaders = {
    ...streams,
    ...(modelled ? { mset: toRanges(existing(request.mset!, target.numCodestreams)) } : {}),
    ...(rate === undefined ? {} : { srate: rate }),
  };
  let qualityLimited = false;
  let isEverything = numbers.length === target.numCodestreams && request.fsiz !== undefined;
  for (const number of numbers) {
    const codestream = await target.codestream(number);
    if (codestream === undefined) continue;
    const { main } = codestream;
    const components = neededComponents(main, request.comps);
    if (components.length === 0) {
      throw new JpipError('malformed', 'request-window', `comps names no component of ${main.siz.components.length}`, {
        clause: '15444-9 C.4.8',
      });
    }
    const window = resolveWindow(main.siz, commonLevels(main, components), request);
    if (window === undefined) continue;
    const all = main.cod.numLayers;
    const asked = request.layers ?? all;
    const byQuality = layersForQuality(request.quality, all);
    // a tile may have more layers than the main header says, so no limit is sent on where none was asked for
    const limited = Math.min(request.layers ?? Number.POSITIVE_INFINITY, byQuality);
    qualityLimited ||= byQuality < Math.min(asked, all);
    windows.push({ codestream, window, components, layers: Math.min(65535, limited) });
    isEverything &&= isWhole(window) && components.length === main.siz.components.length && limited >= all;
    if (windows.length > 1) continue;
    const changedComps =
      request.comps !== undefined && components.length !== countIn(request.comps, main.siz.components.length);
    headers = {
      ...headers,
      ...window.changed,
      ...(request.layers !== undefined && request.layers > all ? { layers: all } : {}),
      ...(changedComps ? { comps: toRanges(components) } : {}),
      ...(request.quality === undefined ? {} : { quality: qualityOf(Math.min(limited, all), all) }),
    };
  }
  return { windows, codestreams: numbers, headers, qualityLimited, isEverything };
}

/**
 * Codestreams of a request: those of `stream` and of `context` (C.4.9, C.4.10), else the first. Those that the target has not got are left
 * out, and the client is told which stay.
 */
function codestreamsOf(
  { stream, context }: JpipRequest,
  target: ServedTarget,
): { numbers: number[]; headers: JpipResponseHeaders } {
  const count = target.numCodestreams;
  if (stream === undefined && context === undefined) return { numbers: [0], headers: {} };
  const wanted = new Set<number>();
  for (let n = 0; n < count; n++) if (stream?.some((range) => inRange(range, n))) wanted.add(n);
  let headers: JpipResponseHeaders = {};
  const served: NonNullable<JpipResponseHeaders['context']>[number][] = [];
  for (const one of context ?? []) {
    const { kind, ranges } = one;
    // contexts that are not known are left out of the response's field, which tells the client so (C.4.10)
    if (kind !== 'jpxl') continue;
    const layers = target.file.layers.filter(({ index }) => ranges.some((range) => inRange(range, index)));
    const codestreams = new Set(layers.flatMap((layer) => layer.codestreams));
    if (codestreams.size === 0) continue;
    for (const n of codestreams) wanted.add(n);
    served.push({ context: one, codestreams: toRanges([...codestreams].sort((a, b) => a - b)) });
  }
  if (context !== undefined) headers = { ...headers, context: served };
  const numbers = [...wanted].sort((a, b) => a - b);
  if (numbers.length === 0 && stream !== undefined) {
    throw new JpipError(
      'malformed',
      'request-window',
      `the target has ${count} codestreams, and none of those asked for`,
      {
        clause: '15444-9 C.4.9',
      },
    );
  }
  if (numbers.length > MOST_CODESTREAMS) {
    throw new JpipError(
      'limit',
      'request-too-large',
      `${numbers.length} codestreams at once, at most ${MOST_CODESTREAMS}`,
      {
        clause: '15444-9 C.4.9',
      },
    );
  }
  if (stream !== undefined && asksForMore(stream, count)) headers = { ...headers, stream: toRanges(numbers) };
  return { numbers, headers };
}

/** The codestreams of ranges that there are. */
function existing(ranges: readonly SampledRange[], count: number): number[] {
  return Array.from({ length: count }, (_, n) => n).filter((n) => ranges.some((range) => inRange(range, n)));
}

/** What clients may prefer and get anyway (C.10.2): whole windows, nothing twice, original boxes, codestreams in their order. */
const HONOURED: readonly string[] = ['fullwindow', 'concise', 'loose', 'meta:orig', 'codeseq:sequential'];

/** A preference that is required and cannot be honoured refuses the request. */
function checkPreferences(pref: JpipRequest['pref']): void {
  const failed = pref?.find(({ text, required }) => required && !HONOURED.includes(text.toLowerCase()));
  if (failed === undefined) return;
  throw new JpipError('unsupported', 'request-feature', `the preference ${failed.text} cannot be honoured`, {
    clause: '15444-9 C.10.2',
  });
}

function asksForMore(ranges: readonly SampledRange[], count: number): boolean {
  return (
    ranges.some(({ first, last = first, open }) => !open && last >= count) || ranges.some(({ first }) => first >= count)
  );
}

function countIn(ranges: readonly SampledRange[], count: number): number {
  let n = 0;
  for (let k = 0; k < count; k++) if (ranges.some((range) => inRange(range, k))) n++;
  return n;
}

/** Ascending numbers as ranges. */
function toRanges(numbers: readonly number[]): SampledRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const n of numbers) {
    const range = ranges.at(-1);
    if (range && range.last === n - 1) range.last = n;
    else ranges.push({ first: n, last: n });
  }
  return ranges.map(({ first, last }) => (first === last ? { first } : { first, last }));
}

function isWhole({ frame, bounds }: ServedWindow): boolean {
  return frame.reduce === 0 && bounds.x1 - bounds.x0 === frame.width && bounds.y1 - bounds.y0 === frame.height;
}

/** `quality` is 0 to 100, the share of the quality layers that is sent, at least one (C.6.2 leaves the scale to the server). */
function layersForQuality(quality: number | undefined, layers: number): number {
  if (quality === undefined || quality < 0) return Number.POSITIVE_INFINITY;
  if (quality >= 100) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.ceil((quality / 100) * layers));
}

function qualityOf(layers: number, all: number): number {
  return Math.min(100, Math.round((100 * layers) / all));
}
