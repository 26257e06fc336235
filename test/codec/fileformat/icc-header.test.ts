import { describe, expect, test } from 'vitest';
import { iccNumColours, readIccHeader } from '../../../src/codec/fileformat/icc-header.ts';
import { curv, profile, SRGB_PROFILE } from '../colour/icc-bytes.ts';
import { hex, join } from './box-bytes.ts';
import { whole } from './icc-whole.ts';

describe('the header of an ICC profile', () => {
  test('of a matrix profile of a display is restricted', () => {
    expect(readIccHeader(whole(SRGB_PROFILE))).toEqual({
      length: SRGB_PROFILE.length,
      numColours: 3,
      describesDevice: true,
      restricted: true,
    });
  });

  test('says grey by one curve', () => {
    const grey = { kTRC: curv(0x0200) };
    expect(readIccHeader(whole(profile('GRAY', grey)))).toMatchObject({ numColours: 1, restricted: true });
    expect(readIccHeader(whole(profile('GRAY', grey, 'Lab ')))).toMatchObject({ numColours: 1, restricted: false });
  });

  test('of tables, other spaces and other classes is not restricted', () => {
    expect(readIccHeader(whole(profile('RGB ', { A2B0: curv() })))).toMatchObject({ restricted: false });
    expect(readIccHeader(whole(profile('CMYK', { A2B0: curv() })))).toMatchObject({ numColours: 4, restricted: false });
    expect(readIccHeader(whole(SRGB_PROFILE, 'prtr'))).toMatchObject({ describesDevice: true, restricted: false });
    expect(readIccHeader(whole(SRGB_PROFILE, 'link'))).toMatchObject({ describesDevice: false, restricted: false });
  });

  test('knows its own length, whatever comes behind', () => {
    const long = join(whole(SRGB_PROFILE), hex('000000'));
    expect(readIccHeader(long)).toMatchObject({ length: SRGB_PROFILE.length });
    expect(readIccHeader(whole(SRGB_PROFILE).subarray(0, -1))).toBeUndefined();
  });

  test('is missing in other bytes', () => {
    expect(readIccHeader(new Uint8Array(200))).toBeUndefined();
    expect(readIccHeader(hex('00'))).toBeUndefined();
  });
});

test('colours of a data colour space', () => {
  expect(['GRAY', 'RGB ', 'Lab ', 'CMYK', '2CLR', 'FCLR', 'nope'].map(iccNumColours)).toEqual([
    1,
    3,
    3,
    4,
    2,
    15,
    undefined,
  ]);
});
