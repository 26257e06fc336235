import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { capNeedsHighThroughput, readCap, readProfileWords } from '../../../src/codec/codestream/cap.ts';
import { readCom } from '../../../src/codec/codestream/com.ts';
import { readCrg } from '../../../src/codec/codestream/crg.ts';
import { isDelimiter, markerName } from '../../../src/codec/codestream/markers.ts';
import { hex } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

const reader = (text: string): ByteReader => new ByteReader(hex(text), 9);

describe('CAP, PRF and CPF (A.5.2, A.5.3; 15444-15 A.6)', () => {
  test('Pcap and one word for each of its bits', () => {
    const cap = readCap(reader('00020000 0008')); // Part 15, Ccap15
    expect(cap).toEqual({ pcap: 0x00020000, ccap: [8] });
    expect(capNeedsHighThroughput(cap)).toBe(true);
    expect(capNeedsHighThroughput(readCap(reader('80000000 0001')))).toBe(false); // Part 1 alone
    expect(capNeedsHighThroughput(undefined)).toBe(false);
    expect(failureOf(() => readCap(reader('000200')))).toMatchObject({ code: 'out-of-bytes', offset: 9 });
  });

  test('profile numbers are words', () => {
    expect(readProfileWords(reader('1234 5678'))).toEqual([0x1234, 0x5678]);
    expect(readProfileWords(reader(''))).toEqual([]);
  });
});

describe('COM (A.9.2)', () => {
  test('text is Latin-1, anything else is bytes', () => {
    expect(readCom(reader('0001 4A C9 21'))).toEqual({ text: 'JÉ!', bytes: hex('4A C9 21') });
    expect(readCom(reader('0000 01 02'))).toEqual({ text: undefined, bytes: hex('01 02') });
    expect(readCom(reader('0001'))).toMatchObject({ text: '' });
  });
});

describe('CRG (A.9.1)', () => {
  test('is a pair of offsets for each component', () => {
    expect(readCrg(reader('0000 8000 FFFF 0001'))).toEqual([
      { xcrg: 0, ycrg: 0x8000 },
      { xcrg: 0xffff, ycrg: 1 },
    ]);
    expect(readCrg(reader(''))).toEqual([]);
  });
});

describe('markers (Table A.2)', () => {
  test('have names, or are told in hexadecimal', () => {
    expect([0xff4f, 0xff51, 0xff90, 0xffd9, 0xff6f].map(markerName)).toEqual(['SOC', 'SIZ', 'SOT', 'EOC', '0xFF6F']);
  });

  test('stand alone where they carry no length (A.1.2)', () => {
    for (const marker of [0xff30, 0xff3f, 0xff4f, 0xff92, 0xff93, 0xffd9]) expect(isDelimiter(marker)).toBe(true);
    for (const marker of [0xff2f, 0xff40, 0xff51, 0xff90, 0xff91]) expect(isDelimiter(marker)).toBe(false);
  });
});
