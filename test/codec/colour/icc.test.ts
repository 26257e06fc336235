import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateCurve, readIccProfile, type ToneCurve } from '../../../src/codec/colour/icc.ts';
import { Jpeg2000Error } from '../../../src/codec/errors.ts';
import { ascii, hex, join } from '../fileformat/box-bytes.ts';
import { curv, para, profile, SRGB_PROFILE, xyz } from './icc-bytes.ts';

function greyCurve(tag: Uint8Array): ToneCurve {
  const { model } = readIccProfile(profile('GRAY', { kTRC: tag }));
  if (model.kind !== 'grey') throw new Error('not grey');
  return model.curve;
}

describe('a profile', () => {
  test('of three curves and a matrix is read', () => {
    const p = readIccProfile(SRGB_PROFILE);
    expect(p).toMatchObject({ version: 4, profileClass: 'mntr', colourSpace: 'RGB ', pcs: 'XYZ ' });
    if (p.model.kind !== 'matrix') throw new Error('not a matrix');
    expect(p.model.matrix[1]).toBeCloseTo(0.38515, 4); // green's X
    expect(p.model.matrix[3]).toBeCloseTo(0.22249, 4); // red's Y
  });

  test('of one grey curve is read', () => {
    expect(readIccProfile(profile('GRAY', { kTRC: curv(563) }, 'Lab ')).model).toEqual({
      kind: 'grey',
      curve: { kind: 'gamma', gamma: 563 / 256 },
      pcs: 'Lab',
    });
  });

  test('of lookup tables is left alone', () => {
    const model = readIccProfile(profile('CMYK', { A2B0: join(ascii('mft2'), new Uint8Array(40)) }, 'Lab ')).model;
    expect(model).toEqual({ kind: 'other', reason: 'CMYK, made of lookup tables' });
    expect(readIccProfile(profile('RGB ', { rTRC: curv() })).model.kind).toBe('other');
  });

  test.each([
    ['shorter than a header', SRGB_PROFILE.subarray(0, 131)],
    ['of more tags than bytes', join(SRGB_PROFILE.subarray(0, 128), hex('FFFFFFFF'), SRGB_PROFILE.subarray(132))],
    ['with a curve of another type', profile('GRAY', { kTRC: xyz(1, 1, 1) })],
    ['with a curve longer than its tag', profile('GRAY', { kTRC: join(ascii('curv'), hex('00000000 00000100 0000')) })],
    ['with an endless curve', profile('GRAY', { kTRC: join(ascii('curv'), hex('00000000 FFFFFFFF 0000')) })],
    ['with an unknown parametric form', profile('GRAY', { kTRC: para(5, 1) })],
  ])('%s is malformed', (_, bytes) => {
    expect(() => readIccProfile(bytes)).toThrow(expect.objectContaining({ kind: 'malformed', code: 'icc-profile' }));
  });

  test('damaged anywhere ends in a profile or a typed error', () => {
    const damage = fc.array(fc.tuple(fc.nat(SRGB_PROFILE.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(damage, (edits) => {
        const bytes = SRGB_PROFILE.slice();
        for (const [at, value] of edits) bytes[at] = value;
        try {
          const { model } = readIccProfile(bytes);
          if (model.kind === 'matrix') {
            for (const curve of model.curves) {
              const y = evaluateCurve(curve, 0.5);
              expect(y >= 0 && y <= 1).toBe(true);
            }
          }
        } catch (error) {
          expect(error).toBeInstanceOf(Jpeg2000Error);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a curve', () => {
  test('of no entry is a straight line, of one a gamma, of more a polygon', () => {
    expect(evaluateCurve(greyCurve(curv()), 0.3)).toBeCloseTo(0.3);
    expect(evaluateCurve(greyCurve(curv(512)), 0.5)).toBeCloseTo(0.25);
    expect(evaluateCurve(greyCurve(curv(0, 13107, 65535)), 0.25)).toBeCloseTo(0.1);
    expect(evaluateCurve(greyCurve(curv(0, 13107, 65535)), 1)).toBe(1);
  });

  test.each([
    [0, [2], 0.5, 0.25],
    [1, [2, 1, -0.2], 0.1, 0],
    [1, [2, 1, -0.2], 0.7, 0.25],
    [2, [2, 1, -0.2, 0.1], 0.1, 0.1],
    [2, [2, 1, -0.2, 0.1], 0.7, 0.35],
    [3, [2, 1, 0, 0.5, 0.25], 0.2, 0.1],
    [3, [2, 1, 0, 0.5, 0.25], 0.5, 0.25],
    [4, [2, 1, 0, 0.5, 0.25, 0.1, 0.2], 0.2, 0.3],
    [4, [2, 1, 0, 0.5, 0.25, 0.1, 0.2], 0.5, 0.35],
  ])('of form %i with %j is at %d: %d', (form, parameters, x, y) => {
    expect(evaluateCurve(greyCurve(para(form, ...parameters)), x)).toBeCloseTo(y, 3);
  });
});
