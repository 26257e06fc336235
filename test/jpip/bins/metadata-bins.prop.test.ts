/** Any tree of boxes comes back from its bins, and parts of them never give anything but boxes of the file. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinMetadata } from '../../../src/jpip/bins/metadata-join.ts';
import { box, CODESTREAM, join, type LengthForm, smallFile } from '../../codec/fileformat/box-bytes.ts';
import { bytesOfBin, leavesOf, plainBoxes, splitBytes, withoutCodestreams } from '../../support/metadata-bins.ts';

const form = fc.constantFrom<LengthForm>('short', 'long');
const { tree } = fc.letrec<{ tree: Uint8Array; leaf: Uint8Array; node: Uint8Array }>((tie) => ({
  leaf: fc
    .tuple(fc.constantFrom('free', 'mdat', 'abcd', 'lbl ', 'xml ', 'rreq'), fc.uint8Array({ maxLength: 60 }), form)
    .map(([type, data, length]) => box(type, data, length)),
  node: fc
    .tuple(fc.constantFrom('asoc', 'jpch', 'uinf', 'jplh', 'res '), fc.array(tie('tree'), { maxLength: 4 }), form)
    .map(([type, children, length]) => box(type, join(...children), length)),
  tree: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('node')),
}));

const file = fc
  .tuple(
    fc.array(fc.oneof(tree, fc.constant(box('jp2c', CODESTREAM))), { maxLength: 6 }),
    fc.constantFrom<LengthForm>('short', 'open'),
  )
  .map(([trees, last]) => join(smallFile(), ...trees, box('xml ', new Uint8Array(30), last)));

test('with everything held all boxes come back, however little stays in place', () => {
  fc.assert(
    fc.property(file, fc.nat(120), (bytes, most) => {
      const { split } = splitBytes(bytes, { most });
      split.bins.forEach((bin, id) => {
        expect(bin.id).toBe(id);
        expect(bytesOfBin(bin, bytes).length).toBe(bin.length);
      });
      const joined = joinMetadata((id) => ({ bytes: bytesOfBin(split.bins[id]!, bytes), complete: true }));
      expect(joined.missing).toEqual([]);
      expect(joined.problems).toEqual([]);
      expect(joined.codestreams).toEqual(split.codestreams.map(({ codestream }) => codestream));
      expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(bytes)));
    }),
  );
});

test('with parts held there are boxes of the file and no others', () => {
  fc.assert(
    fc.property(file, fc.nat(60), fc.array(fc.nat(200), { minLength: 1, maxLength: 8 }), (bytes, most, held) => {
      const { split } = splitBytes(bytes, { most });
      const joined = joinMetadata((id) => {
        const all = bytesOfBin(split.bins[id]!, bytes);
        const length = held[id % held.length]!;
        if (length === 0) return undefined;
        return { bytes: all.subarray(0, length), complete: length >= all.length };
      });
      const leaves = leavesOf(withoutCodestreams(plainBoxes(bytes)));
      for (const leaf of leavesOf(plainBoxes(joined.file))) {
        const at = leaves.indexOf(leaf);
        expect(at, leaf).toBeGreaterThanOrEqual(0);
        leaves.splice(at, 1);
      }
      if (leaves.length > 0) expect(joined.missing.length).toBeGreaterThan(0);
    }),
  );
});

test('any bytes in bins give boxes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }), fc.boolean(), (bins, complete) => {
      const joined = joinMetadata((id) => bins[id] && { bytes: bins[id]!, complete });
      expect(joined.file.length).toBeLessThanOrEqual(bins.reduce((sum, bin) => sum + bin.length, 0));
    }),
  );
});
