import { expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { hex, join, segment } from '../support/codestream.ts';
import { failureOf } from '../support/failure.ts';

test('one precinct of 2^26 code-blocks is refused, also where PLT spares the search for packets', () => {
  const bytes = join(
    hex('FF4F'),
    hex(`FF51 0029 0000 00008000 00008000 00000000 00000000 00008000 00008000 00000000 00000000
      0001 07 01 01`), // 32768 x 32768, one tile
    hex('FF52 000C 00 00 0001 00 00 00 00 00 01'), // no decomposition, code-blocks of 4 x 4
    hex('FF5C 0004 40 40'),
    hex('FF90 000A 0000 00000000 00 01'),
    segment(0xff58, hex('00 01')), // PLT: one packet of one byte
    hex('FF93 80 FFD9'),
  );
  const corner = { region: { x: 0, y: 0, width: 1, height: 1 } };
  expect(failureOf(() => decodeSync(bytes, corner))).toMatchObject({ kind: 'limit', code: 'limit-code-blocks' });
});
