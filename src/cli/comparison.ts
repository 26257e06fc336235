/** Two pictures of one shape, compared component by component and as a whole. */
import { InputFileError } from './exit.ts';
import type { InputComponent } from './formats/input-picture.ts';
import { compareComponents, type Difference, psnrOf } from './metrics.ts';

/** How far two pictures are apart. */
export interface Comparison {
  readonly width: number;
  readonly height: number;
  readonly equal: boolean;
  readonly components: readonly (Difference & { readonly precision: number; readonly signed: boolean })[];
  readonly overall: Difference;
}

/** Compares pictures component by component; those that do not match are an error of the input. */
export function comparePictures(a: readonly InputComponent[], b: readonly InputComponent[]): Comparison {
  if (a.length !== b.length) throw new InputFileError(`components differ: ${a.length} and ${b.length}`);
  const components = a.map((one, c) => {
    const other = b[c];
    const [first, second] = [one, other].map((p) => `${p.width} × ${p.height}`);
    if (first !== second) throw new InputFileError(`sizes of component ${c} differ: ${first} and ${second}`);
    const [form, otherForm] = [one, other].map((p) => `${p.precision} bits${p.signed ? ', signed' : ''}`);
    if (form !== otherForm) throw new InputFileError(`samples of component ${c} differ: ${form} and ${otherForm}`);
    return {
      ...compareComponents(one, other, 2 ** one.precision - 1),
      precision: one.precision,
      signed: one.signed,
    };
  });
  const [{ width, height }] = a;
  return { width, height, equal: components.every((c) => c.peak === 0), components, overall: overall(a, components) };
}

/** Over all samples; where ranges differ, errors are parts of them, and the squared error is that of the widest. */
function overall(pictures: readonly InputComponent[], parts: readonly Difference[]): Difference {
  const ranges = pictures.map((p) => 2 ** p.precision - 1);
  const widest = Math.max(...ranges);
  const counts = pictures.map((p) => p.width * p.height);
  const all = counts.reduce((sum, n) => sum + n, 0);
  const mean = (value: (part: Difference, k: number) => number) =>
    parts.reduce((sum, part, k) => sum + counts[k] * value(part, k), 0) / all;
  const mse = mean((part, k) => part.mse * (widest / ranges[k]) ** 2);
  const similarities = parts.flatMap((part) => (part.ssim === undefined ? [] : [part.ssim]));
  return {
    psnr: psnrOf(mse, widest),
    mse,
    mae: mean((part, k) => part.mae * (widest / ranges[k])),
    peak: Math.max(...parts.map((part) => part.peak)),
    ssim: similarities.length > 0 ? similarities.reduce((sum, s) => sum + s, 0) / similarities.length : undefined,
  };
}
