import { expect, test } from 'vitest';
import { encodeSync } from '../../src/index.ts';
import { EOR_REASON, BIN_CLASS } from '../../src/jpip/wire/message.ts';
import { wavyPicture } from '../support/encodes.ts';
import { jpipRejection, openIt } from '../support/jpip-client.ts';
import { answerOf, responseOf } from '../support/odd-server.ts';

/** A main header that says 2^31 - 1 square, in one tile of precincts of 32 by 32. */
function hugeHeader(): Uint8Array {
  const { data } = encodeSync(wavyPicture(64, 64, 1, 8).image, {
    container: 'codestream',
    levels: 3,
    codeBlock: { width: 16, height: 16 },
    precincts: [{ width: 32, height: 32 }],
  });
  const sot = data.findIndex((byte, k) => byte === 0xff && data[k + 1] === 0x90);
  const header = data.slice(0, sot);
  const view = new DataView(header.buffer);
  // Xsiz, Ysiz, XTsiz, YTsiz
  for (const at of [8, 12, 24, 28]) view.setUint32(at, 2 ** 31 - 1);
  return header;
}

// Every precinct of the lowest resolution level was gone through when a response was cut: 2^46 of them.
test('a huge picture whose first response is cut is opened, and a window of it is not more than its limit', async () => {
  const header = { classId: BIN_CLASS.mainHeader, body: hugeHeader(), last: true };
  const whole = responseOf([header], EOR_REASON.windowDone);
  let requests = 0;
  const { image } = await openIt('http://here/a.j2k', {
    fetch: () => {
      const channel = { 'jpip-cnew': `cid=c${requests},transport=http` };
      // the end-of-response message is cut off, but for a byte, at first
      return answerOf(requests++ < 2 ? whole.subarray(0, whole.length - 2) : whole, channel);
    },
  });
  expect(image.info.width).toBe(2 ** 31 - 1);
  const before = requests;
  const calls: (() => Promise<unknown>)[] = [() => image.decode(), async () => image.held()];
  for (const call of calls) {
    expect(await jpipRejection(call())).toMatchObject({ kind: 'limit', code: 'limit-window' });
  }
  expect(requests).toBe(before);
  const region = { x: 5_000_000, y: 7_000_000, width: 64, height: 64 };
  expect((await image.decode({ region })).status).toBe('partial');
}, 20_000);
