/**
 * The nine JP2 files of T.803 Annex G as sRGB. The codestreams are decoded by OpenJPEG, so that this test speaks of
 * colour only; the conformance run decodes them with the library itself.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { applyChannels } from '../../../src/codec/colour/channels.ts';
import { renderSrgb } from '../../../src/codec/colour/to-srgb.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { type Jp2File, readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import type { Plane } from '../../../src/codec/image.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { readNow } from '../../../src/codec/source.ts';
import { decodeWithOpenJpeg } from '../../support/openjpeg.ts';
import { readPgx } from '../../support/pgx.ts';
import { describeShared, describeTools, sharedPath } from '../../support/shared.ts';

describeTools(['opj_decompress'], 'rendered to sRGB', () => {
  describeShared('conformance/jp2', 'the files of T.803 Annex G', () => {
    describe.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('file%i.jp2', (n) => {
      test('differs from its reference by at most 4 levels (Table G.1)', async () => {
        const { file, planes, log } = await nativePlanes(n);
        const channels = applyChannels(planes, file, {}, log);
        const bounds = { x0: 0, y0: 0, x1: planes[0].width, y1: planes[0].height };
        const references = [0, 1, 2].map((c) =>
          readPgx(gunzipSync(readFileSync(sharedPath('conformance', 'ref', `jp2_${n}_${c}.pgx.gz`)))),
        );
        const rendered = renderSrgb(channels.planes, channels.colour, { bounds }, log);
        const peaks = references.map((reference, c) => peakError(reference.data, rendered.planes[c].data));
        expect(rendered.planes).toHaveLength(3);
        expect(Math.max(...peaks)).toBeLessThanOrEqual(4);
        expect(log.list).toEqual([]);
      });
    });

    test('look the same by either colour specification box of file7.jp2, ICC or e-sRGB', async () => {
      const { file, planes } = await nativePlanes(7);
      const rendered = [0, 1].map((k) => {
        const header = { ...file.header!, colours: [file.header!.colours[k]] };
        const { colour } = applyChannels(planes, { ...file, header }, {}, new DiagnosticLog());
        return [colour.space, renderSrgb(planes, colour, {}, new DiagnosticLog())] as const;
      });
      expect(rendered.map(([space]) => space)).toEqual(['icc', 'esrgb']);
      for (let c = 0; c < 3; c++) {
        expect(peakError(rendered[0][1].planes[c].data, rendered[1][1].planes[c].data)).toBeLessThanOrEqual(2);
      }
    });
  });
});

async function nativePlanes(n: number): Promise<{ file: Jp2File; planes: Plane[]; log: DiagnosticLog }> {
  const bytes = new Uint8Array(readFileSync(sharedPath('conformance', 'jp2', `file${n}.jp2`)));
  const log = new DiagnosticLog();
  const file = readNow(readJp2File(log, DEFAULT_LIMITS, bytes.length), bytes);
  const { offset, length } = file.codestream;
  const codestream = bytes.subarray(offset, length === undefined ? undefined : offset + length);
  const components = await decodeWithOpenJpeg(codestream);
  const step = (full: number, part: number) => Math.round(full / part);
  const [first] = components;
  const planes = components.map((c) => ({ ...c, dx: step(first.width, c.width), dy: step(first.height, c.height) }));
  return { file, planes, log };
}

function peakError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let peak = 0;
  for (let k = 0; k < a.length; k++) peak = Math.max(peak, Math.abs(a[k] - b[k]));
  return peak;
}
