import { expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { withPlt } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';
import { firstDifference } from '../support/same-picture.ts';

test('a PLT whose lengths add up but are not those of the packets never gives a wrong picture in silence', () => {
  const bytes = fixture('grey-12-signed-53');
  const whole = decodeSync(bytes);
  let count = 0;
  withPlt(bytes, (lengths) => {
    count = lengths.length;
    return lengths;
  });
  for (let a = 0; a < count; a++) {
    for (let by = 1; by < 40; by += 3) {
      const spoilt = withPlt(bytes, (lengths) => {
        const b = (a + 1) % count;
        return lengths.map((n, k) => (k === a ? n + by : k === b ? Math.max(0, n - by) : n));
      });
      const picture = decodeSync(spoilt);
      if (firstDifference(picture.data, whole.data) >= 0) expect(picture.warnings).not.toEqual([]);
    }
  }
});
