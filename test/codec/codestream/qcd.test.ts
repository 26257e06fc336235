import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { readQcc, readQcd, stepOf } from '../../../src/codec/codestream/qcd.ts';
import { readRgn } from '../../../src/codec/codestream/rgn.ts';
import { hex } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

const qcd = (text: string) => readQcd(new ByteReader(hex(text), 300));
const qcc = (text: string, numComponents: number) => readQcc(new ByteReader(hex(text), 300), numComponents);
const rgn = (text: string, numComponents: number) => readRgn(new ByteReader(hex(text), 300), numComponents);

describe('QCD (A.6.4)', () => {
  test('no quantisation: exponents in the upper five bits of a byte', () => {
    // Sqcd: two guard bits, style 0; then epsilon 8, 9, 9, 10
    expect(qcd('40 40 48 48 50')).toEqual({ style: 'none', guardBits: 2, epsilon: [8, 9, 9, 10], mu: [0, 0, 0, 0] });
  });

  test('scalar expounded: exponent and mantissa for each subband', () => {
    // Sqcd: seven guard bits, style 2; 0x7FFF = 15, 2047; 0x8801 = 17, 1
    expect(qcd('E2 7FFF 8801')).toEqual({ style: 'expounded', guardBits: 7, epsilon: [15, 17], mu: [2047, 1] });
  });

  test('scalar derived: one step, from which E-5 makes the others', () => {
    const quantization = qcd('21 6F00'); // epsilon 13, mu 0x700
    expect(quantization).toEqual({ style: 'derived', guardBits: 1, epsilon: [13], mu: [0x700] });
    const steps = [0, 1, 2, 3].map((r) => stepOf(quantization, 3, r, r === 0 ? 0 : 2)!.epsilon);
    // n_b is 3, 3, 2, 1: epsilon_0 - N_L + n_b
    expect(steps).toEqual([13, 13, 12, 11]);
    expect(stepOf(quantization, 3, 2, 1)!.mu).toBe(0x700);
  });

  test('steps belong to LL, then to HL, LH, HH from the lowest level up', () => {
    const quantization = qcd('40 08 10 18 20 28 30 38');
    expect(stepOf(quantization, 2, 0, 0)).toEqual({ epsilon: 1, mu: 0 });
    expect([1, 2, 3].map((o) => stepOf(quantization, 2, 1, o)!.epsilon)).toEqual([2, 3, 4]);
    expect([1, 2, 3].map((o) => stepOf(quantization, 2, 2, o)!.epsilon)).toEqual([5, 6, 7]);
    expect(stepOf(quantization, 3, 3, 1)).toBeUndefined();
  });

  test.each([
    ['an unknown style', '43 40', 'qcd-value'],
    ['no step at all', '40', 'qcd-length'],
    ['half a step', '42 40', 'qcd-length'],
  ])('with %s is refused', (_, text, code) => {
    expect(failureOf(() => qcd(text))).toEqual({ kind: 'malformed', code, offset: 300, clause: '15444-1 A.6.4' });
  });
});

describe('QCC (A.6.5)', () => {
  test('takes one byte for the component up to 256 components, two from 257', () => {
    expect(qcc('FF 40 40', 256)).toMatchObject({ component: 255, quantization: { epsilon: [8] } });
    expect(qcc('0100 40 40', 257)).toMatchObject({ component: 256, quantization: { epsilon: [8] } });
  });

  test.each([
    ['a component that is not there', '03 40 40', 'component-index', 300],
    ['an unknown style', '00 45 40', 'qcd-value', 301],
    ['no step', '00 41', 'qcd-length', 301],
  ])('with %s is refused', (_, text, code, offset) => {
    expect(failureOf(() => qcc(text, 3))).toEqual({ kind: 'malformed', code, offset, clause: '15444-1 A.6.5' });
  });
});

describe('RGN (A.6.3)', () => {
  test('takes one byte for the component up to 256 components, two from 257', () => {
    expect(rgn('FF 00 07', 256)).toEqual({ component: 255, shift: 7 });
    expect(rgn('0100 00 25', 257)).toEqual({ component: 256, shift: 37 });
  });

  test.each([
    ['a component that is not there', '01 00 07', 'component-index', 300],
    ['a style other than Maxshift', '00 01 07', 'rgn-value', 301],
  ])('with %s is refused', (_, text, code, offset) => {
    expect(failureOf(() => rgn(text, 1))).toEqual({ kind: 'malformed', code, offset, clause: '15444-1 A.6.3' });
  });
});
