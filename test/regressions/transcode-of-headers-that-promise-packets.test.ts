/**
 * Headers of a few hundred bytes that promise packets, code-blocks or changes of progression by the million: a transcode that believed
 * them wrote empty packets for ever, or went through code-blocks that nobody has.
 */
import { expect, test } from 'vitest';
import { encodeSync, Jpeg2000Error, type TranscodeOptions, transcodeSync } from '../../src/index.ts';
import { wavyPicture } from '../support/encodes.ts';

/** A small codestream whose SIZ and COD say something else; offsets are those of 15444-1 A.5.1 and A.6.1. */
function promising(siz: Readonly<Record<number, number>>, layers = 1): Uint8Array {
  const { image } = wavyPicture(8, 8, 1, 8);
  const bytes = encodeSync(image, { container: 'codestream', levels: 1 }).data.slice();
  const view = new DataView(bytes.buffer);
  for (const [offset, value] of Object.entries(siz)) view.setUint32(Number(offset), value);
  const cod = bytes.findIndex((byte, k) => byte === 0xff && bytes[k + 1] === 0x52);
  view.setUint16(cod + 6, layers);
  return bytes;
}

const XSIZ = 8;
const YSIZ = 12;
const XTSIZ = 24;
const YTSIZ = 28;

function refusal(bytes: Uint8Array, options: TranscodeOptions): unknown {
  const start = performance.now();
  try {
    transcodeSync(bytes, options);
  } catch (error) {
    expect(performance.now() - start).toBeLessThan(10_000);
    if (error instanceof Jpeg2000Error) return `${error.kind} ${error.code}`;
    throw error;
  }
  return undefined;
}

test('tiles without end, each with packets without end', () => {
  const many = promising({ [XSIZ]: 255 * 4, [YSIZ]: 255 * 4, [XTSIZ]: 4, [YTSIZ]: 4 }, 65535);
  expect(refusal(many, {})).toBe('limit limit-code-blocks');
  expect(refusal(many, { markers: { tlm: true } })).toBe('limit limit-code-blocks');
  expect(refusal(many, { tiles: [0] })).toBe('limit limit-code-blocks');
});

test('code-blocks without end in a few packets that are written anew', () => {
  const huge = promising({ [XSIZ]: 2 ** 20, [YSIZ]: 2 ** 20, [XTSIZ]: 2 ** 20, [YTSIZ]: 2 ** 20 });
  expect(refusal(huge, { precincts: [{ width: 32768, height: 32768 }] })).toBe('limit limit-code-blocks');
  expect(refusal(huge, { insertLayers: 4 })).toBe('limit limit-code-blocks');
});

test('changes of progression without end', () => {
  const { image } = wavyPicture(64, 64, 1, 8);
  const source = encodeSync(image, { container: 'codestream', levels: 1, precincts: [{ width: 2, height: 2 }] }).data;
  const all = { componentStart: 0, componentEnd: 1, resolutionStart: 0, resolutionEnd: 2, layerEnd: 1 };
  const progressionChanges = Array.from({ length: 9000 }, () => ({ ...all, progression: 'LRCP' as const }));
  expect(refusal(source, { progressionChanges, limits: { codeBlocks: 1 << 16 } })).toBe('limit limit-code-blocks');
});
