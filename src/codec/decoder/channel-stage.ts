/**
 * Palette, channel definitions, upsampling and sRGB as one stage of a decode (15444-1 Annex I, M.11.7 of 15444-2).
 *
 * Every sample of the result depends on samples of its own place only, or on those around it where components are subsampled. So
 * the conversions are called strip by strip, with a moment to pause after each, and give what one call would have given.
 */
import { applyChannels, type Channels, colourInfoOf } from '../colour/channels.ts';
import { renderSrgb } from '../colour/to-srgb.ts';
import { upsample, type UpsampleMethod, upsampleSource } from '../colour/upsample.ts';
import { DiagnosticLog } from '../errors.ts';
import type { Jp2File } from '../fileformat/jp2-file.ts';
import type { Plane, SampleArray } from '../image.ts';
import type { Bounds } from '../rect.ts';
import type { ChannelStage, PlacedPlane } from './decode-plan.ts';
import type { DecodeOptions } from './options.ts';
import { STRIP_SAMPLES } from './samples.ts';
import type { DecodeWork } from './decode-work.ts';

/** Samples of a strip where tables of up to 2^16 entries are made for each: few enough to pause, enough to be worth them. */
const DEEP_STRIP_SAMPLES = 1 << 20;

/** Subsampled components are brought to full size when asked for, and always to be rendered. */
function upsampling(options: DecodeOptions): 'nearest' | 'linear' | false {
  return options.upsample ?? (options.colour === 'srgb' ? 'nearest' : false);
}

/** The stage that the full decoder uses. */
export const channelStage: ChannelStage = {
  isPlain(file, options) {
    if (options.colour === 'srgb' || options.upsample) return false;
    return file.header?.palette === undefined && file.header?.channelDefinitions === undefined;
  },

  describe: (file, numComponents) => colourInfoOf(file, numComponents),

  widen(bounds, dx, dy, options) {
    const method = upsampling(options);
    if (method) return upsampleSource(bounds, dx, dy, method);
    const { x0, y0, x1, y1 } = bounds;
    return { x0: Math.ceil(x0 / dx), y0: Math.ceil(y0 / dy), x1: Math.ceil(x1 / dx), y1: Math.ceil(y1 / dy) };
  },

  *apply(components, file, options, bounds, log) {
    // indices of a palette are looked up before anything is interpolated
    const channels = yield* toChannels(components, file, log);
    const method = upsampling(options);
    if (options.colour === 'srgb') {
      const findings = new DiagnosticLog();
      const rendered = yield* render(channels, bounds, method || 'nearest', findings);
      // a profile that is not applied breaks no rule, so it is no error even in strict decodes
      for (const { code, message, ...place } of findings.list) log.note(code, message, place);
      return rendered;
    }
    if (!method) return channels;
    const planes: Plane[] = [];
    for (const plane of channels.planes) planes.push(yield* toFullSize(plane, bounds, method));
    return { ...channels, planes };
  },
};

/** From components to channels. Only a palette is work; it does not ask where a sample lies, so any cut will do. */
function* toChannels(
  components: readonly (PlacedPlane | undefined)[],
  file: Jp2File,
  log: DiagnosticLog,
): DecodeWork<Channels<PlacedPlane>> {
  const most = Math.max(...components.map((component) => component?.data.length ?? 0));
  if (file.header?.palette === undefined || most <= STRIP_SAMPLES) return applyChannels(components, file, {}, log);
  let findings: DiagnosticLog | undefined;
  let result: Channels<PlacedPlane> | undefined;
  for (let from = 0; from < most; from += STRIP_SAMPLES) {
    const strips = components.map((whole) => {
      return whole && { ...whole, whole, data: whole.data.subarray(from, from + STRIP_SAMPLES) };
    });
    const found = new DiagnosticLog();
    const { planes, colour } = applyChannels(strips, file, {}, found);
    // samples that are no index are counted over the whole plane
    if (found.list.some(({ code }) => code === 'palette')) return applyChannels(components, file, {}, log);
    findings ??= found;
    result ??= {
      colour,
      planes: planes.map(({ whole, ...strip }) => {
        const isIndex = strips.some((s) => s?.data === strip.data);
        return isIndex ? whole : { ...strip, data: sameArray(strip.data, whole.data.length) };
      }),
    };
    planes.forEach(({ whole, data }, k) => {
      const { data: out } = result!.planes[k];
      if (out !== whole.data) out.set(data, Math.min(from, out.length));
    });
    yield undefined;
  }
  for (const { code, message, ...place } of findings!.list) log.add(code, message, place);
  return result!;
}

/** {@link renderSrgb} over strips of rows. */
function* render(
  { planes, colour }: Channels<PlacedPlane>,
  bounds: Bounds,
  method: UpsampleMethod,
  log: DiagnosticLog,
): DecodeWork<Channels> {
  const isDeep = planes.some((plane) => plane.precision > 12);
  const strips = stripsOf(bounds, isDeep ? DEEP_STRIP_SAMPLES : STRIP_SAMPLES);
  if (strips.length < 2) return renderSrgb(planes, colour, { bounds, upsample: method }, log);
  let result: Channels | undefined;
  for (const strip of strips) {
    const parts = planes.map((plane) => rowsOf(plane, bounds, strip));
    const findings = result ? new DiagnosticLog() : log; // each strip finds the same
    const rendered = renderSrgb(parts, colour, { bounds: strip, upsample: method }, findings);
    result ??= {
      ...rendered,
      planes: wholePlanes(rendered.planes, parts, planes, bounds),
    };
    const from = (strip.y0 - bounds.y0) * (bounds.x1 - bounds.x0);
    const done = new Set<SampleArray>(planes.map((plane) => plane.data));
    rendered.planes.forEach(({ data }, k) => {
      const out = result!.planes[k].data;
      if (!done.has(out)) out.set(data, from);
      done.add(out);
    });
    yield undefined;
  }
  return result!;
}

/** Planes for the whole window: where a rendering passes samples on or shares them, so do these. */
function wholePlanes(
  rendered: readonly Plane[],
  parts: readonly Plane[],
  planes: readonly Plane[],
  bounds: Bounds,
): Plane[] {
  const width = bounds.x1 - bounds.x0;
  const height = bounds.y1 - bounds.y0;
  const made = new Map<SampleArray, SampleArray>();
  return rendered.map((plane) => {
    const passed = parts.findIndex((part) => part.data === plane.data);
    const data = passed >= 0 ? planes[passed].data : (made.get(plane.data) ?? sameArray(plane.data, width * height));
    made.set(plane.data, data);
    return { ...plane, height, data };
  });
}

/** {@link upsample} over strips of rows. */
function* toFullSize(plane: PlacedPlane, bounds: Bounds, method: UpsampleMethod): DecodeWork<Plane> {
  const strips = stripsOf(bounds, STRIP_SAMPLES);
  if (isWhole(plane, bounds) || strips.length < 2) return upsample(plane, { method, bounds });
  const width = bounds.x1 - bounds.x0;
  const height = bounds.y1 - bounds.y0;
  const data = sameArray(plane.data, width * height);
  for (const strip of strips) {
    data.set(upsample(plane, { method, bounds: strip }).data, (strip.y0 - bounds.y0) * width);
    yield undefined;
  }
  return { width, height, dx: 1, dy: 1, precision: plane.precision, signed: plane.signed, data };
}

/** A window in strips of rows of about so many samples. */
function stripsOf(bounds: Bounds, samples: number): Bounds[] {
  const rows = Math.max(1, Math.floor(samples / Math.max(1, bounds.x1 - bounds.x0)));
  const strips: Bounds[] = [];
  for (let y0 = bounds.y0; y0 < bounds.y1; y0 += rows) {
    strips.push({ ...bounds, y0, y1: Math.min(bounds.y1, y0 + rows) });
  }
  return strips;
}

/** True for a plane that has one sample for each of the window. */
function isWhole({ x0, y0, dx, dy, width, height }: PlacedPlane, bounds: Bounds): boolean {
  const placed = dx === 1 && dy === 1 && x0 === bounds.x0 && y0 === bounds.y0;
  return placed && width === bounds.x1 - bounds.x0 && height === bounds.y1 - bounds.y0;
}

/** What a strip needs of a plane: a view of its rows, or all of a plane that is yet to be brought to full size. */
function rowsOf(plane: PlacedPlane, bounds: Bounds, { y0, y1 }: Bounds): PlacedPlane {
  if (!isWhole(plane, bounds)) return plane;
  const { width } = plane;
  const data = plane.data.subarray((y0 - bounds.y0) * width, (y1 - bounds.y0) * width);
  return { ...plane, y0, height: y1 - y0, data };
}

function sameArray(like: SampleArray, length: number): SampleArray {
  return new (like.constructor as new (length: number) => SampleArray)(length);
}
