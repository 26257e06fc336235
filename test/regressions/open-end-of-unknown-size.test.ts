import { expect, test } from 'vitest';
import { decode, decodeSync } from '../../src/index.ts';
import { putTogether, takeApart, withPlt } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';
import { expectSameSamples } from '../support/same-picture.ts';
import { TestSource } from '../support/sources.ts';

const options = { colour: 'native', strict: true } as const;

test('Psot = 0 in an input of unknown size: nothing is wrong, with PLT or without', async () => {
  for (const bytes of [fixture('layers-lrcp-53'), withPlt(fixture('layers-lrcp-53'))]) {
    const open = putTogether(takeApart(bytes), { openEnd: true });
    const picture = await decode(new TestSource(open, { sizeKnown: false }), options);
    expectSameSamples(picture.data, decodeSync(bytes, options).data);
  }
});

test('Psot = 0 in an input of unknown size that is cut: what is there is decoded', async () => {
  const open = putTogether(takeApart(fixture('layers-lrcp-53')), { openEnd: true });
  for (let length = 200; length < open.length - 2; length += 397) {
    const prefix = open.slice(0, length);
    const picture = await decode(new TestSource(prefix, { sizeKnown: false }), { colour: 'native' });
    expect(picture.status).toBe('partial');
    expectSameSamples(picture.data, decodeSync(prefix, { colour: 'native' }).data);
  }
});
