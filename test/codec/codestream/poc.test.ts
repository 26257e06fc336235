import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { readPoc } from '../../../src/codec/codestream/poc.ts';
import { hex } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

const poc = (text: string, numComponents: number) => readPoc(new ByteReader(hex(text), 70), numComponents);

describe('POC (A.6.6)', () => {
  test('is read entry by entry', () => {
    // RSpoc CSpoc LYEpoc REpoc CEpoc Ppoc
    expect(poc('00 01 0003 02 03 04   02 00 FFFF 21 02 00', 3)).toEqual([
      { resolutionStart: 0, resolutionEnd: 2, componentStart: 1, componentEnd: 3, layerEnd: 3, progression: 'CPRL' },
      {
        resolutionStart: 2,
        resolutionEnd: 33,
        componentStart: 0,
        componentEnd: 2,
        layerEnd: 65535,
        progression: 'LRCP',
      },
    ]);
  });

  test('components take two bytes from 257 components on', () => {
    expect(poc('00 FE 0001 01 FF 01', 256)[0]).toMatchObject({ componentStart: 254, componentEnd: 255 });
    expect(poc('00 0100 0001 01 0101 01', 257)[0]).toMatchObject({ componentStart: 256, componentEnd: 257 });
  });

  test('CEpoc of 0 stands for all components (Table A.32)', () => {
    expect(poc('00 00 0001 01 00 01', 3)[0]!.componentEnd).toBe(3);
    expect(poc('00 00 0001 01 00 01', 256)[0]!.componentEnd).toBe(256);
    expect(poc('00 0000 0001 01 0000 01', 300)[0]!.componentEnd).toBe(300);
  });

  test('CEpoc beyond the components is cut to them', () => {
    expect(poc('00 00 0001 01 FF 01', 3)[0]!.componentEnd).toBe(3);
  });

  test.each([
    ['no entry', '', 3, 70],
    ['half an entry', '00 00 0001 01 03', 3, 70],
    ['entries of the wrong width', '00 00 0001 01 03 01', 257, 70],
    ['an unknown progression', '00 00 0001 01 03 01  00 00 0001 01 03 05', 3, 77],
  ])('with %s is refused', (_, text, numComponents, offset) => {
    expect(failureOf(() => poc(text, numComponents))).toEqual({
      kind: 'malformed',
      code: 'poc-value',
      offset,
      clause: '15444-1 A.6.6',
    });
  });
});
