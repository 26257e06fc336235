/** Statements of the cache model: descriptors, counts, and how far a codestream qualifier reaches. */
import { describe, expect, test } from 'vitest';
import type { ModelStatement } from '../../../src/jpip/request/fields.ts';
import {
  formatModel,
  formatTilePartModel,
  parseModel,
  parseTilePartModel,
} from '../../../src/jpip/request/model-field.ts';

describe('descriptors', () => {
  test.each<[string, ModelStatement['bins']]>([
    ['Hm', { kind: 'explicit', bin: 'main-header' }],
    ['Hm:80', { kind: 'explicit', bin: 'main-header', bytes: 80 }],
    ['H3', { kind: 'explicit', bin: 'tile-header', ids: { first: 3 } }],
    ['H*', { kind: 'explicit', bin: 'tile-header', ids: '*' }],
    ['P0-9:120', { kind: 'explicit', bin: 'precinct', ids: { first: 0, last: 9 }, bytes: 120 }],
    ['P5-:L2', { kind: 'explicit', bin: 'precinct', ids: { first: 5, open: true }, layers: 2 }],
    ['P*:L0', { kind: 'explicit', bin: 'precinct', ids: '*', layers: 0 }],
    ['T7:1000', { kind: 'explicit', bin: 'tile', ids: { first: 7 }, bytes: 1000 }],
    ['M0', { kind: 'explicit', bin: 'metadata', ids: { first: 0 } }],
    [
      't0-3c1r2p*:L4',
      {
        kind: 'implicit',
        tiles: { first: 0, last: 3 },
        components: { first: 1 },
        resolutions: { first: 2 },
        precincts: '*',
        layers: 4,
      },
    ],
    ['r0-1', { kind: 'implicit', resolutions: { first: 0, last: 1 } }],
    ['t*', { kind: 'implicit', tiles: '*' }],
  ])('%s', (text, bins) => {
    expect(parseModel(text)).toEqual([{ bins }]);
    expect(formatModel([{ bins }])).toBe(text);
    expect(parseModel(`-${text}`)).toEqual([{ bins, subtractive: true }]);
    expect(formatModel([{ bins, subtractive: true }])).toBe(`-${text}`);
  });

  test('have their parts in any order', () => {
    expect(parseModel('p1r2c3t4')).toEqual(parseModel('t4c3r2p1'));
  });
});

describe('a codestream qualifier', () => {
  const streams = (text: string) => parseModel(text).map(({ codestreams }) => codestreams);

  test('as an element of its own holds until the next one', () => {
    expect(streams('Hm,[0-3;7],Hm,-P1,[5],H0')).toEqual([
      undefined,
      [{ first: 0, last: 3 }, { first: 7 }],
      [{ first: 0, last: 3 }, { first: 7 }],
      [{ first: 5 }],
    ]);
  });

  test('glued to a statement holds for that one', () => {
    expect(streams('[1]Hm,H0,[2],P1,[3]-P2,P3')).toEqual([
      [{ first: 1 }],
      undefined,
      [{ first: 2 }],
      [{ first: 3 }],
      [{ first: 2 }],
    ]);
  });

  test('is written once for all that it holds for', () => {
    const text = 'Hm,[0],Hm,P1,[1-],P2';
    expect(formatModel(parseModel(text))).toBe(text);
    expect(formatModel(parseModel('[0]Hm,[0]P1'))).toBe('[0],Hm,P1');
  });

  test('is glued where statements without one follow', () => {
    expect(formatModel(parseModel('[0]Hm,[0]P1,H2'))).toBe('[0]Hm,[0]P1,H2');
    expect(formatModel(parseModel('[0]Hm,H2,[0],P1'))).toBe('[0]Hm,H2,[0],P1');
  });
});

describe('tile-parts', () => {
  test.each(['4.0', '-4.0', '4.0-5.2', '[2],4.0,-4.1-9.0', '[0]1.0,2.0'])('%s', (text) => {
    expect(formatTilePartModel(parseTilePartModel(text))).toBe(text);
  });

  test('are told by tile and part', () => {
    expect(parseTilePartModel('-4.0-5.2')).toEqual([
      { subtractive: true, first: { tile: 4, part: 0 }, last: { tile: 5, part: 2 } },
    ]);
  });
});
