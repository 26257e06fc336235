/** Palette, channel definitions, upsampling and sRGB as one stage of a decode (15444-1 Annex I, M.11.7 of 15444-2). */
import { applyChannels, colourInfoOf } from '../colour/channels.ts';
import { renderSrgb } from '../colour/to-srgb.ts';
import { upsample, upsampleSource } from '../colour/upsample.ts';
import { DiagnosticLog } from '../errors.ts';
import type { ChannelStage } from './decode.ts';
import type { DecodeOptions } from './options.ts';

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

  apply(components, file, options, bounds, log) {
    // indices of a palette are looked up before anything is interpolated
    const channels = applyChannels(components, file, {}, log);
    const method = upsampling(options);
    if (options.colour === 'srgb') {
      const findings = new DiagnosticLog();
      const upsample = method || 'nearest';
      const rendered = renderSrgb(channels.planes, channels.colour, { bounds, upsample }, findings);
      // a profile that is not applied breaks no rule, so it is no error even in strict decodes
      for (const { code, message, ...place } of findings.list) log.note(code, message, place);
      return rendered;
    }
    if (!method) return channels;
    return { ...channels, planes: channels.planes.map((plane) => upsample(plane, { method, bounds })) };
  },
};
