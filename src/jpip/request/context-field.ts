/**
 * Codestream contexts (15444-9 C.4.10): compositing layers of a JPX file, tracks of a movie, and whatever else names codestreams by what
 * they are for. What has a form that is not known is kept as it stands, for a server may leave out the contexts it does not know.
 */
import type { CodestreamContext, SampledRange } from './fields.ts';
import {
  type FieldContext,
  fieldError,
  formatList,
  formatSampledRange,
  parseList,
  parseSampledRange,
  splitOutside,
  unwritable,
} from './grammar.ts';

/** A context and the codestreams that a server takes it for (D.2.13). */
export interface ExpandedContext {
  readonly context: CodestreamContext;
  readonly codestreams: readonly SampledRange[];
}

/** `jpxl<0-3>[s0i1]`, `mj2t<1+now>[track]`; a form decoder has made a space of the plus. */
const CONTEXT = /^([A-Za-z0-9]+)<(\d[\d\-:;]*)([+ ]now)?>(?:\[([!-;=?-Z\\^-~]+)\])?$/;

/** Reads one context range. */
export function parseContext(text: string, field: FieldContext): CodestreamContext {
  const match = CONTEXT.exec(text);
  if (!match) return { kind: text, ranges: [] };
  const [, kind, ranges, now, geometry] = match;
  return {
    kind,
    ranges: parseList(ranges, field, parseSampledRange, ';'),
    ...(now === undefined ? {} : { now: true }),
    ...(geometry === undefined ? {} : { geometry }),
  };
}

/** Writes one context range. */
export function formatContext({ kind, ranges, now, geometry }: CodestreamContext): string {
  if (ranges.length === 0) {
    if (kind === '' || CONTEXT.test(kind) || now || geometry !== undefined) {
      throw unwritable('a context with ranges, or one of another form as it stands');
    }
    return kind;
  }
  const members = formatList(ranges, formatSampledRange, ';') + (now ? '+now' : '');
  const text = `${kind}<${members}>${geometry === undefined ? '' : `[${geometry}]`}`;
  if (!CONTEXT.test(text)) throw unwritable(`a context such as jpxl<0-3>[s0i1]; found '${text}'`);
  return text;
}

/** Reads one element of JPIP-context: `jpxl<0-1>=0,2`. */
export function parseExpandedContext(text: string, field: FieldContext): ExpandedContext {
  const [context, codestreams, ...more] = splitOutside(text, '=');
  if (codestreams === undefined || more.length > 0) throw fieldError(field, 'a context and its codestreams', text);
  return { context: parseContext(context, field), codestreams: parseList(codestreams, field, parseSampledRange) };
}

/** Writes one element of JPIP-context. */
export function formatExpandedContext({ context, codestreams }: ExpandedContext): string {
  return `${formatContext(context)}=${formatList(codestreams, formatSampledRange)}`;
}
