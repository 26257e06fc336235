/**
 * How large or how good a result is to be: the rates of a call, checked, one for each quality layer.
 */
import type { Siz } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import { shown } from '../checks.ts';
import type { EncodeOptions, Rate } from './options.ts';
import { numSamplesOf } from './samples.ts';

const RATE_KEYS = ['lossless', 'bytes', 'bpp', 'ratio', 'psnr', 'step', 'qfactor'] as const;

/** Checks the rate or the rates of a call, each for itself. */
export function checkRates(_: string, given: unknown): void {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || list.length > 65535) throw usage('rate-value', `1 to 65535 rates, found ${list.length}`);
  let k = 0;
  for (const rate of list) checkRate(rate, ++k === list.length);
}

/** Rates that have nothing but what they ask for: a key without a value is none. */
export function withDefinedRates(options: EncodeOptions): EncodeOptions {
  const { rate } = options;
  if (rate === undefined) return options;
  const alone = (one: Rate) => Object.fromEntries(askedBy(one)) as Rate;
  return { ...options, rate: Array.isArray(rate) ? rate.map(alone) : alone(rate as Rate) };
}

/** One rate a layer; those of the call have been checked one by one. */
export function ratesOf(options: EncodeOptions, siz: Siz): readonly Rate[] {
  const given = options.rate ?? { lossless: true };
  const list: readonly Rate[] = Array.isArray(given) ? given : [given as Rate];
  if (list.length > 1) {
    if (options.layers !== undefined && options.layers !== list.length) {
      throw usage('option-value', `${options.layers} layers asked for, but ${list.length} rates given`);
    }
    checkRising(list, siz);
    return list;
  }
  const layers = options.layers ?? 1;
  // layers without a rate of their own are shared out when the sizes are known
  return layers === 1 ? list : [...Array.from({ length: layers - 1 }, (): Rate => SPREAD), list[0]];
}

/** Stands for "between nothing and the last layer". */
export const SPREAD: Rate = /* @__PURE__ */ (() => ({ ratio: Number.POSITIVE_INFINITY }))();

/** What a rate says, without keys that have no value. */
function askedBy(rate: object): [string, unknown][] {
  return Object.entries(rate).filter(([, value]) => value !== undefined);
}

function checkRate(rate: unknown, isLast: boolean): void {
  const asked = typeof rate === 'object' && rate !== null ? askedBy(rate) : [];
  const [key, value] = asked[0] ?? [];
  if (asked.length !== 1 || !(RATE_KEYS as readonly unknown[]).includes(key)) {
    throw usage('rate-value', `a rate is exactly one of ${RATE_KEYS.join(', ')}`);
  }
  if (key === 'lossless') {
    if (value !== true) throw usage('rate-value', 'lossless can only be true');
    if (!isLast) throw usage('rate-value', 'only the last layer can be lossless');
    return;
  }
  if (typeof value !== 'number' || !(value > 0) || value === Number.POSITIVE_INFINITY) {
    throw usage('rate-value', `${key} must be a positive number, found ${shown(value)}`);
  }
  if ((key === 'step' || key === 'qfactor') && !isLast) {
    throw usage('rate-value', `only the last layer can be what a ${key} gives`);
  }
  if (key === 'qfactor' && !(value >= 1 && value <= 100)) {
    throw usage('rate-value', `qfactor is 1 to 100, found ${value}`);
  }
}

/** Rates of one kind have to grow from layer to layer. */
function checkRising(rates: readonly Rate[], siz: Siz): void {
  const points = (siz.xsiz - siz.xosiz) * (siz.ysiz - siz.yosiz);
  const sampleBits = numSamplesOf(siz, (c) => siz.components[c].precision);
  let before = 0;
  let quality = 0;
  for (const rate of rates) {
    if ('psnr' in rate) {
      if (rate.psnr < quality) throw usage('rate-value', 'the PSNR of layers must grow from the first to the last');
      quality = rate.psnr;
    }
    const bytes = bytesOf(rate, points, sampleBits);
    if (bytes === undefined) continue;
    if (bytes < before) throw usage('rate-value', 'the sizes of layers must grow from the first to the last');
    before = bytes;
  }
}

/** The size that a rate allows; undefined where it does not speak of size. */
export function bytesOf(rate: Rate, points: number, sampleBits: number): number | undefined {
  if ('bytes' in rate) return Math.floor(rate.bytes);
  if ('bpp' in rate) return Math.floor((rate.bpp * points) / 8);
  if ('ratio' in rate && rate !== SPREAD) return Math.floor(sampleBits / 8 / rate.ratio);
  return undefined;
}
