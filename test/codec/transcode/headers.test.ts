import { describe, expect, test } from 'vitest';
import type { MainHeader } from '../../../src/codec/codestream/main-header.ts';
import { type EncodeOptions, encodeSync, type TranscodeOptions, transcodeSync, validate } from '../../../src/index.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { loadAll } from '../../support/rearrange.ts';

const { image } = wavyPicture(64, 48, 4, 8);

/** The main header of a transcoded picture of four components, without component transform and with four levels. */
async function headerOf(encoding: EncodeOptions, options: TranscodeOptions): Promise<MainHeader> {
  const base = { container: 'codestream', mct: 'none', levels: 4 } as const;
  const { data } = transcodeSync(encodeSync(image, { ...base, ...encoding }).data, options);
  const errors = (await validate(data)).findings.filter(({ severity }) => severity === 'error');
  expect(errors).toEqual([]);
  return loadAll(data).main;
}

describe('the main header of a transcode', () => {
  test('has a step for each subband that is left', async () => {
    const { qcd, cod } = await headerOf({ wavelet: '9/7', rate: { step: 1 } }, { reduce: 3 });
    expect(cod.style.numDecompositionLevels).toBe(1);
    expect([qcd.epsilon.length, qcd.mu.length]).toEqual([4, 4]);
  });

  test('keeps the one step from which all others follow', async () => {
    const { qcd } = await headerOf({ wavelet: '9/7', rate: { step: 1 }, quantization: 'derived' }, { reduce: 3 });
    expect(qcd.epsilon).toHaveLength(1);
  });

  test('numbers components anew in its changes of progression, and leaves out those about nothing', async () => {
    const all = { resolutionStart: 0, resolutionEnd: 5, layerEnd: 1 };
    const progressionChanges = [
      { ...all, componentStart: 0, componentEnd: 1, progression: 'RLCP' as const },
      { ...all, componentStart: 1, componentEnd: 3, progression: 'PCRL' as const },
      { ...all, componentStart: 3, componentEnd: 4, progression: 'LRCP' as const },
    ];
    const { segments } = await headerOf({ progressionChanges }, { components: [2, 3] });
    expect(segments.poc).toMatchObject([
      { componentStart: 0, componentEnd: 1, progression: 'PCRL' },
      { componentStart: 1, componentEnd: 2, progression: 'LRCP' },
    ]);
  });

  test('numbers components anew in RGN', async () => {
    const rects = [{ x: 0, y: 0, width: 20, height: 20 }];
    const { segments } = await headerOf({ roi: { rects, components: [2] } }, { components: [1, 2] });
    expect([...segments.rgn.keys()]).toEqual([1]);
  });

  test('registers samples that are farther apart', async () => {
    const registration = [1, 2, 3, 4].map((k) => ({ x: k / 8, y: k / 16 }));
    const { segments } = await headerOf({ registration }, { components: [1, 3], reduce: 1 });
    // A.9.1: in 65536ths of the distance of samples, which is twice what it was
    expect(segments.crg).toEqual([
      { xcrg: 8192, ycrg: 4096 },
      { xcrg: 16384, ycrg: 8192 },
    ]);
  });

  test('has precincts for the levels that are left', async () => {
    const sizes = [128, 64, 32, 16, 8].map((size) => ({ width: size, height: size }));
    const { cod } = await headerOf({ precincts: sizes, codeBlock: { width: 4, height: 4 } }, { reduce: 2 });
    expect(cod.style.precincts).toEqual([0x33, 0x44, 0x55]);
  });

  test('claims no profile that nobody has checked', async () => {
    const { data } = encodeSync(image, { container: 'codestream', mct: 'none' });
    const claiming = data.slice();
    claiming[7] = 2; // Rsiz: Profile-1 (15444-1 Table A.10)
    const { data: moved, warnings } = transcodeSync(claiming, { progression: 'CPRL' });
    expect([loadAll(moved).main.siz.rsiz, warnings.map(({ code }) => code)]).toEqual([0, ['profile']]);
    expect(loadAll(transcodeSync(claiming).data).main.siz.rsiz).toBe(2);
  });
});
