import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPgx, writePgx } from '../../../src/cli/formats/pgx.ts';
import { describeShared, describeTools, sharedPath } from '../../support/shared.ts';
import { runTool } from '../../support/tools.ts';
import { picture, textOf } from './pictures.ts';

test('the header says byte order, sign, depth and size, and samples follow as they are', () => {
  const [{ bytes, suffix }] = writePgx(picture(2, 1, Int16Array.of(-2, 300), { precision: 12, signed: true }));
  expect(suffix).toBe('');
  expect(textOf(bytes, 16)).toBe('PG ML - 12 2 1\n\xff');
  expect(Array.from(bytes.subarray(15))).toEqual([0xff, 0xfe, 0x01, 0x2c]);
});

test('every component is a file of its own', () => {
  const parts = writePgx(picture(1, 1, Uint8Array.of(7, 8, 9)));
  expect(parts.map((p) => p.suffix)).toEqual(['_0', '_1', '_2']);
  expect(parts.map((p) => readPgx(p.bytes).data[0])).toEqual([7, 8, 9]);
});

test.each([
  [1, false, Uint8Array.of(0, 1)],
  [8, true, Int8Array.of(-128, 127)],
  [16, false, Uint16Array.of(0, 65535)],
  [13, true, Int16Array.of(-4096, 4095)],
  [31, true, Int32Array.of(-1, 1 << 29)],
  [32, false, Uint32Array.of(0, 4294967295)],
])('%i bits (signed: %s) read back', (precision, signed, data) => {
  const [{ bytes }] = writePgx(picture(2, 1, data, { precision, signed }));
  expect(readPgx(bytes)).toEqual({ width: 2, height: 1, channels: 1, precision, signed, data });
});

test('little-endian samples and sparing headers are read', () => {
  const header = new TextEncoder().encode('PG LM 16 1 1\n');
  expect(readPgx(Uint8Array.from([...header, 0x34, 0x12])).data[0]).toBe(0x1234);
});

test.each(['', 'PG', 'P5\n1 1\n255\n', 'PG ML + 8 9 9\n', 'PG ML + 40 1 1\n00000'])('%j is refused', (text) => {
  expect(() => readPgx(new TextEncoder().encode(text))).toThrow(/PGX/);
});

describeTools(['opj_decompress'], 'against opj_decompress', () => {
  describeShared('conformance/features', 'PGX files', () => {
    test.each(['gray-32x32-s8-53', 'rgb-48x32-rpcl-53', 'gray-17x13-tiled-8x8-53'])(
      'of %s come back byte for byte',
      async (name) => {
        const folder = mkdtempSync(join(tmpdir(), 'jp2kit-pgx-'));
        try {
          const input = sharedPath('conformance', 'features', `${name}.j2k`);
          const run = await runTool('opj_decompress', ['-i', input, '-o', join(folder, 'out.pgx')]);
          expect(run.ok).toBe(true);
          const bytes = new Uint8Array(readFileSync(join(folder, 'out_0.pgx')));
          const { width, height, precision, signed, data } = readPgx(bytes);
          const [again] = writePgx(picture(width, height, data, { precision, signed }));
          expect(again.bytes).toEqual(bytes);
          // And the other way: what is written here can be encoded by OpenJPEG.
          writeFileSync(join(folder, 'again.pgx'), again.bytes);
          const args = ['-i', join(folder, 'again.pgx'), '-o', join(folder, 'a.j2k'), '-n', '2'];
          const back = await runTool('opj_compress', args);
          expect(back.ok).toBe(true);
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    );
  });
});
