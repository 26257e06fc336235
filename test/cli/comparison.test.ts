import { describe, expect, test } from 'vitest';
import { comparePictures } from '../../src/cli/comparison.ts';
import type { InputComponent } from '../../src/cli/formats/input-picture.ts';

const component = (data: number[], rest: Partial<InputComponent> = {}): InputComponent => ({
  ...{ width: data.length, height: 1, dx: 1, dy: 1, precision: 8, signed: false },
  data: Int32Array.from(data),
  ...rest,
});

describe('pictures compared', () => {
  test('are equal or not', () => {
    const a = [component([1, 2]), component([3, 4])];
    expect(comparePictures(a, a)).toMatchObject({ equal: true, overall: { mse: 0, psnr: Number.POSITIVE_INFINITY } });
    expect(comparePictures(a, [a[0], component([3, 5])])).toMatchObject({
      equal: false,
      components: [{ peak: 0 }, { peak: 1, mse: 0.5 }],
      overall: { peak: 1, mse: 0.25, mae: 0.25 },
    });
  });

  test('over all weigh each sample the same, whatever the size of its component', () => {
    const a = [component([0, 0, 0, 0]), component([0, 0])];
    const b = [component([0, 0, 0, 0]), component([3, 3])];
    expect(comparePictures(a, b).overall.mse).toBe(3);
  });

  test('over all weigh errors by the ranges of their components', () => {
    const deep = { precision: 16 };
    const a = [component([0, 0]), component([0, 0], deep)];
    // one level of 8 bits is 257 of 16
    const b = [component([1, 1]), component([257, 257], deep)];
    const { overall, components } = comparePictures(a, b);
    expect(overall.psnr).toBeCloseTo(components[0].psnr, 10);
    expect(components[1].psnr).toBeCloseTo(components[0].psnr, 10);
  });

  test.each<[string, InputComponent[], string]>([
    ['numbers of components', [component([1]), component([1])], 'components differ'],
    ['sizes', [component([1, 2])], 'sizes of component 0 differ: 1 × 1 and 2 × 1'],
    ['depths', [component([1], { precision: 9 })], 'samples of component 0 differ: 8 bits and 9 bits'],
    ['signs', [component([1], { signed: true })], '8 bits, signed'],
  ])('of different %s cannot be', (_, other, message) => {
    expect(() => comparePictures([component([1])], other)).toThrow(message);
  });
});
