import { beforeAll, describe, expect, test } from 'vitest';
import { createJpx, encodeSync } from '../../../src/index.ts';
import { BIN_CLASS } from '../../../src/jpip/wire/message.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { ask, engineOver, StrictCache } from '../../support/jpip-server.ts';

/** Eight frames at ten a second. */
let movie: Uint8Array;

beforeAll(async () => {
  const frames = Array.from({ length: 8 }, (_, k) => ({
    input: encodeSync(wavyPicture(40 + k, 30, 1, 8).image, { levels: 2 }).data,
  }));
  movie = (await createJpx(frames, { composition: { framesPerSecond: 10, loops: 1 } })).data;
});

/** The codestreams that data came of, in order. */
function streamsOf(pieces: readonly { classId: number; codestream: number }[]): number[] {
  return [...new Set(pieces.filter(({ classId }) => classId < BIN_CLASS.metadata).map(({ codestream }) => codestream))];
}

describe('codestreams', () => {
  test('of a request come one after the other, headers of each before its data', async () => {
    const taken = await ask(engineOver({ movie }), 'target=movie&stream=1-3,6-20&fsiz=10,8');
    expect(streamsOf(taken.pieces)).toEqual([1, 2, 3, 6, 7]);
    expect(taken.headers['JPIP-stream']).toBe('1-3,6-7');
    const strict = new StrictCache();
    for (const piece of taken.pieces) strict.take(piece);
    for (const number of [1, 7])
      expect((await strict.decode({ reduce: 2 }, number)).width).toBe(number === 1 ? 11 : 12);
  });

  test('of compositing layers are told by their numbers', async () => {
    const taken = await ask(engineOver({ movie }), 'target=movie&context=jpxl%3C2-4:2%3E,mj2t%3C1%3E&fsiz=10,8');
    expect(taken.headers['JPIP-context']).toBe('jpxl<2-4:2>=2,4');
    expect(streamsOf(taken.pieces)).toEqual([2, 4]);
  });

  test('are thinned out to the rate asked for', async () => {
    const taken = await ask(engineOver({ movie }), 'target=movie&stream=0-7&srate=4&fsiz=10,8');
    expect(streamsOf(taken.pieces)).toEqual([0, 3, 6]);
    expect(Number(taken.headers['JPIP-srate'])).toBeCloseTo(10 / 3, 3);
    const all = await ask(engineOver({ movie }), 'target=movie&stream=0-7&srate=12&fsiz=10,8');
    expect(streamsOf(all.pieces)).toHaveLength(8);
    expect(all.headers['JPIP-srate']).toBe(undefined);
  });

  test('come at the pace at which they are played, where that is asked for', async () => {
    let now = 0;
    const delay = async (ms: number) => {
      now += ms;
    };
    const engine = engineOver({ movie }, {}, { now: () => now, delay });
    const response = await engine.handle({
      method: 'GET',
      path: '/movie',
      query: 'stream=0-7&fsiz=10,8&drate=2',
      headers: {},
    });
    const times: number[] = [];
    for await (const _ of response.body!) times.push(now);
    // eight frames at twenty a second
    expect(times.length).toBeGreaterThanOrEqual(8);
    expect(times.at(-1)).toBeCloseTo(350, -1);
    expect(times[3]! - times[2]!).toBeCloseTo(50, -1);
    now = 0;
    await ask(engine, 'target=movie&stream=0-7&fsiz=10,8');
    expect(now).toBe(0);
  });

  test('outside of the model-set are forgotten', async () => {
    const engine = engineOver({ movie });
    const first = await ask(engine, 'target=movie&cnew=http&stream=0-3&fsiz=10,8');
    const cid = /cid=([^,]+)/.exec(first.headers['JPIP-cnew']!)![1]!;
    expect(streamsOf((await ask(engine, `cid=${cid}&stream=0-3&fsiz=10,8`)).pieces)).toEqual([]);
    await ask(engine, `cid=${cid}&stream=1&fsiz=10,8&mset=0`);
    expect(streamsOf((await ask(engine, `cid=${cid}&stream=0-3&fsiz=10,8`)).pieces)).toEqual([2, 3]);
  });

  test('have cache models of their own', async () => {
    const engine = engineOver({ movie });
    const part = await ask(engine, 'target=movie&stream=0-3&fsiz=10,8&model=[0;2],P*,Hm');
    expect(streamsOf(part.pieces.filter(({ classId }) => classId === 0))).toEqual([1, 3]);
    const here = await ask(engine, 'target=movie&stream=2&fsiz=10,8&model=P*');
    expect(here.pieces.some(({ classId }) => classId === 0)).toBe(false);
  });
});
