/** Whole pictures of view-windows, for pages that have an `<img>` and nothing else (15444-9 C.7.3). */
import { Jpeg2000Error } from '../../codec/errors.ts';
import type { AbortSignalLike } from '../../codec/source.ts';
import { inRange } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import type { JpipRequest } from '../request/fields.ts';
import type { Answer } from './answer.ts';
import type { Renderer } from './host.ts';
import { asTargetError, type ServedTarget } from './target.ts';

/** Renders the window of a request, or all of the picture in its full size where there is none. */
export async function renderWindow(
  type: string,
  { comps, layers }: JpipRequest,
  { windows, codestreams }: Answer,
  target: ServedTarget,
  renderer: Renderer | undefined,
  signal: AbortSignalLike | undefined,
): Promise<Uint8Array> {
  const [number] = codestreams;
  if (number === undefined) {
    throw new JpipError('malformed', 'request-window', 'the request names no codestream of the target', {
      clause: '15444-9 C.4.9',
    });
  }
  if (layers === 0) {
    throw new JpipError('malformed', 'request-window', 'a picture needs a quality layer', { clause: '15444-9 C.4.13' });
  }
  const opened = await target.codestream(number);
  if (renderer === undefined || opened === undefined) {
    throw new JpipError('unsupported', 'request-type', `there is no picture of type ${type}`, { status: 415 });
  }
  const { siz } = opened.main;
  const window = windows[0];
  const reduce = window?.window.frame.reduce ?? 0;
  const scale = 2 ** reduce;
  const { x0, y0, x1, y1 } = window?.window.bounds ?? { x0: siz.xosiz, y0: siz.yosiz, x1: siz.xsiz, y1: siz.ysiz };
  if (x1 <= x0 || y1 <= y0) {
    throw new JpipError('malformed', 'request-window', 'the window holds no sample of the picture', {
      clause: '15444-9 C.4.1',
    });
  }
  // a reduced sample n is the one at n * 2^reduce
  const left = Math.max(siz.xosiz, x0 * scale - scale + 1);
  const top = Math.max(siz.yosiz, y0 * scale - scale + 1);
  const region = {
    x: left - siz.xosiz,
    y: top - siz.yosiz,
    width: Math.min(siz.xsiz, (x1 - 1) * scale + 1) - left,
    height: Math.min(siz.ysiz, (y1 - 1) * scale + 1) - top,
  };
  // those that were asked for, and not what a component transform needs besides
  const components = comps && siz.components.map((_, c) => c).filter((c) => comps.some((range) => inRange(range, c)));
  const rendering = renderer.render({
    file: target.file,
    codestream: opened,
    type,
    region,
    reduce,
    ...(window && window.layers < 65535 ? { layers: window.layers } : {}),
    ...(components ? { components } : {}),
    ...(signal ? { signal } : {}),
  });
  try {
    return await rendering;
  } catch (error) {
    // the file was opened before, so these are about what was asked for
    if (error instanceof Jpeg2000Error && (error.kind === 'limit' || error.kind === 'usage')) {
      const [kind, code] =
        error.kind === 'limit' ? (['limit', 'request-too-large'] as const) : (['malformed', 'request-window'] as const);
      throw new JpipError(kind, code, error.message);
    }
    throw asTargetError(error, target.name);
  }
}
