import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Composition, InstructionSet } from '../../../src/codec/fileformat/composition.ts';
import { compositionOf, drawingsOf } from '../../../src/codec/fileformat/play.ts';

const composition = (...sets: InstructionSet[]): Composition => ({ width: 1, height: 1, loops: 1, sets });
const step = (nextUse: number, life = 1) => ({ animation: { persist: false, life, nextUse } });

test('a play that was written is drawn as it was asked for', () => {
  const size = fc.record({ width: fc.integer({ min: 1, max: 50 }), height: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 60 }), (sizes, rate) => {
      const play = compositionOf({ framesPerSecond: rate }, sizes);
      const drawn = [...drawingsOf(play, sizes.length)];
      expect(drawn.map(({ layer }) => layer)).toEqual(sizes.map((_, n) => n));
      expect(drawn.map(({ start }) => start)).toEqual(sizes.map((_, n) => Math.round((n * 1000) / rate)));
      for (const { layer, offset = { x: 0, y: 0 }, size: shown = sizes[layer] } of drawn) {
        expect(offset.x + shown.width).toBeLessThanOrEqual(play.width);
        expect(offset.y + shown.height).toBeLessThanOrEqual(play.height);
        // one side fills the canvas
        expect(shown.width === play.width || shown.height === play.height).toBe(true);
      }
    }),
  );
});

describe('drawings', () => {
  const layersOf = (sets: InstructionSet[], numLayers: number, most = 20) => {
    const layers: number[] = [];
    for (const { layer } of drawingsOf(composition(...sets), numLayers)) if (layers.push(layer) === most) break;
    return layers;
  };

  test('take the next layer, until there is none', () => {
    const set = { repeat: 3, tick: 10, instructions: [step(0), step(0)] };
    expect(layersOf([set], 9)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(layersOf([set], 4)).toEqual([0, 1, 2, 3]);
    expect(layersOf([{ ...set, repeat: Number.POSITIVE_INFINITY }], 5)).toEqual([0, 1, 2, 3, 4]);
  });

  test('use layers again when an earlier instruction says so', () => {
    const first = { repeat: 1, tick: 1, instructions: [step(2), step(0)] };
    const rest = { repeat: 3, tick: 1, instructions: [step(2), step(0)] };
    expect(layersOf([first, rest], 9)).toEqual([0, 1, 0, 2, 0, 3, 0, 4]);
    const circle = { repeat: Number.POSITIVE_INFINITY, tick: 1, instructions: [step(1)] };
    expect(layersOf([circle], 1, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  test('last as long as they say, the last for ever', () => {
    const sets = [{ repeat: 1, tick: 20, instructions: [step(0, 0), step(0, 5), step(0, 2 ** 31 - 1), step(0)] }];
    const drawn = [...drawingsOf(composition(...sets), 9)];
    expect(drawn.map(({ start, duration }) => [start, duration])).toEqual([
      [0, 0],
      [0, 100],
      [100, Number.POSITIVE_INFINITY],
    ]);
  });

  test('of a still picture come all at once', () => {
    const instructions = [{ offset: { x: 1, y: 2 } }, { offset: { x: 3, y: 4 } }];
    const drawn = [...drawingsOf(composition({ repeat: 1, tick: 0, instructions }), 2)];
    expect(drawn).toEqual(instructions.map((own, layer) => ({ ...own, layer, start: 0, duration: 0, persist: true })));
  });

  test('are none without instructions, however often', () => {
    expect(layersOf([{ repeat: Number.POSITIVE_INFINITY, tick: 1, instructions: [] }], 3)).toEqual([]);
  });
});
