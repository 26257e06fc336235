/** Strips make the same files as whole pictures, whatever the format and the window. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stripsOf, writeStrips } from '../../src/cli/decode-strips.ts';
import type { FormatName } from '../../src/cli/format-names.ts';
import { writePicture } from '../../src/cli/write-picture.ts';
import { type DecodeOptions, decode, decodeRows, inspect } from '../../src/index.ts';
import { inRepository } from '../support/root.ts';

const read = (...parts: string[]) => new Uint8Array(readFileSync(inRepository(...parts)));
const PICTURES: Readonly<Record<string, Uint8Array>> = {
  colour: read('demo', 'samples', 'lake.jp2'),
  'grey, 16 bits': read('test', 'fixtures', 'grey-16-53.jp2'),
  opacity: read('test', 'fixtures', 'opacity.jp2'),
  'tiles and offsets': read('test', 'fixtures', 'tiles-offsets-53.j2k'),
  palette: read('test', 'fixtures', 'palette.jp2'),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jp2kit-strips-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.keys(PICTURES))('%s', (name) => {
  const bytes = PICTURES[name]!;
  test.each(['pnm', 'pgm', 'pam', 'pgx', 'raw'] as const)('as %s', async (format: FormatName) => {
    const info = await inspect(bytes);
    const part = { x: 3, y: 5, width: info.width - 4, height: info.height - 7 };
    for (const window of [{}, { reduce: 1 }, { region: part }, { region: part, reduce: 1 }]) {
      const components = format === 'raw' ? { components: [0] } : {};
      const layout = format === 'raw' || format === 'pgx' ? 'planar' : 'interleaved';
      const options: DecodeOptions = { ...window, ...components, layout };
      const plan = stripsOf(info, format, options)!;
      const strips = decodeRows(bytes, { ...options, rows: 7 });
      const { image, outputs } = await writeStrips(strips, plan.height, format, join(folder, `x.${format}`));
      const whole = await decode(bytes, options);
      const { width, height, channels, status } = whole;
      expect(image).toMatchObject({ width, height, channels, status });
      expect(plan.samples).toBe(width * height * (options.components?.length ?? info.components.length));
      const parts = writePicture(whole, format);
      expect(outputs).toEqual(parts.map(({ suffix }) => join(folder, `x${suffix}.${format}`)));
      for (const [k, output] of outputs.entries()) {
        expect(readFileSync(output).equals(parts[k]!.bytes), `${output} ${JSON.stringify(window)}`).toBe(true);
      }
    }
  });
});

test('only what can be put together is', async () => {
  const colour = await inspect(PICTURES.colour!);
  expect(stripsOf(colour, 'png', {})).toBeUndefined();
  expect(stripsOf(colour, 'tif', {})).toBeUndefined();
  expect(stripsOf(colour, 'raw', {})).toBeUndefined();
  expect(stripsOf(await inspect(read('test', 'fixtures', 'subsampled-420-53.j2k')), 'pgx', {})).toBeUndefined();
});

test('a picture that ends early leaves nothing behind', async () => {
  const bytes = PICTURES.colour!;
  async function* failing() {
    for await (const strip of decodeRows(bytes, { rows: 20 })) {
      yield strip;
      if (strip.rect.y > 20) throw new Error('interrupted');
    }
  }
  await expect(writeStrips(failing(), 1000, 'pgm', join(folder, 'x.pgm'))).rejects.toThrow('interrupted');
  expect(readdirSync(folder)).toEqual([]);
});
