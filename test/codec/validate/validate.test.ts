/**
 * Validation: files that keep the rules have no errors, and every broken rule is found.
 */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createMovie,
  encodeSync,
  Jpeg2000Error,
  type RawImage,
  type TranscodeOptions,
  transcodeSync,
  validate,
  type ValidationReport,
} from '../../../src/index.ts';
import { encoderOptions, pictures } from '../../arbitraries/encodes.ts';
import {
  be,
  hex,
  interleaveTileParts,
  join,
  markerOf,
  packHeaders,
  type Pieces,
  putTogether,
  segment,
  takeApart,
  tlmFor,
  without,
  withPlt,
} from '../../support/codestream.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';
import { box, SIGNATURE } from '../fileformat/box-bytes.ts';

/** Errors of a report as codes, each once. */
async function errorsOf(bytes: Uint8Array, options: Parameters<typeof validate>[1] = {}): Promise<string[]> {
  return codes(await validate(bytes, options));
}

function codes({ findings, valid }: ValidationReport, severity = 'error'): string[] {
  const found = findings.filter((finding) => finding.severity === severity).map(({ code }) => code);
  if (severity === 'error') expect(valid).toBe(found.length === 0);
  return [...new Set(found)];
}

function files(...folders: string[]): [string, Uint8Array][] {
  return folders.flatMap((name) =>
    readdirSync(sharedPath('conformance', name))
      .filter((file) => !/\.(json|md|txt)$/.test(file))
      .sort()
      .map((file): [string, Uint8Array] => [file, new Uint8Array(readFileSync(sharedPath('conformance', name, file)))]),
  );
}

describeShared('conformance', 'the conformance set', () => {
  test('keeps the rules, and those of the profiles that it claims', async () => {
    const broken: unknown[] = [];
    const profiles = new Map<string | undefined, number>();
    for (const [name, bytes] of files('part1', 'jp2', 'features', 'ht')) {
      const { valid, findings, profile } = await validate(bytes);
      if (!valid) broken.push([name, findings]);
      profiles.set(profile, (profiles.get(profile) ?? 0) + 1);
    }
    expect(broken).toEqual([]);
    expect(profiles.get('profile-0')).toBeGreaterThan(5);
    expect(profiles.get('profile-1')).toBeGreaterThan(5);
  });

  test('has bad files, nearly all of which are found out', async () => {
    const passed: string[] = [];
    for (const [name, bytes] of files('bad')) {
      const start = performance.now();
      const report = await validate(bytes, { limits: { time: 5000 } });
      expect(performance.now() - start).toBeLessThan(6000);
      if (report.valid) passed.push(name);
    }
    // damage inside the code-blocks of HTJ2K, which are not decoded
    expect(passed).toEqual([
      'fuzz_ht_emb_shift.j2c',
      'security_threaded_decode_abort.j2k',
      'security_threaded_decode_abort_color.j2k',
    ]);
  });
});

describeShared('jpx', 'solar images of JPX', () => {
  test('are valid, with room to spare in PLT', async () => {
    for (const file of ['helioviewer-4frames-embedded.jpx', '3codestreams-mixed-size-heliov.jpx']) {
      const report = await validate(new Uint8Array(readFileSync(sharedPath('jpx', file))));
      expect(codes(report)).toEqual([]);
      expect(codes(report, 'warning')).toContain('plt-value');
      expect(report.checked.codestreams).toBe(file.startsWith('3') ? 3 : 4);
    }
  });
});

describe('files of other writers', () => {
  test.each(FIXTURES)('%s', async (name) => {
    const bytes = fixture(name);
    const report = await validate(bytes);
    expect(codes(report)).toEqual([]);
    expect(report.checked).toMatchObject({ codestreams: 1 });
    expect(report.checked.packets).toBeGreaterThan(0);
    // read by ranges it is the same file
    expect(await validate(new TestSource(bytes))).toEqual(report);
    expect(await validate(new TestSource(bytes, { sizeKnown: false }))).toEqual(report);
  });

  test('however their packets are arranged', async () => {
    const bytes = fixture('layers-lrcp-53');
    for (const other of [
      withPlt(bytes),
      packHeaders(bytes, 'ppm'),
      packHeaders(bytes, 'ppm', 40),
      packHeaders(bytes, 'ppt', 40),
      interleaveTileParts(fixture('tiles-offsets-53'), 2),
      putTogether(takeApart(bytes), { openEnd: true }),
    ]) {
      expect(await errorsOf(other)).toEqual([]);
    }
  });
});

describe('what the encoder writes', () => {
  test('keeps the rules, whatever is asked of it', async () => {
    await fc.assert(
      fc.asyncProperty(pictures({ size: 48, components: 4 }), encoderOptions(), async (picture, options) => {
        const { data } = encodeSync(picture, options);
        const report = await validate(data);
        expect(report.findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps the rules when its packets are moved', async () => {
    const arrangement = fc.record({
      progression: fc.constantFrom('LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'),
      tileParts: fc.constantFrom('none', 'resolution', 'layer', 'component'),
      markers: fc.record({
        tlm: fc.boolean(),
        plt: fc.boolean(),
        plm: fc.boolean(),
        sop: fc.boolean(),
        eph: fc.boolean(),
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        pictures({ size: 40, components: 3 }),
        encoderOptions(),
        arrangement,
        async (picture, options, how) => {
          const { data } = encodeSync(picture, options);
          let moved: Uint8Array;
          try {
            moved = transcodeSync(data, how as TranscodeOptions).data;
          } catch (error) {
            if (!(error instanceof Jpeg2000Error && error.kind === 'usage')) throw error;
            return; // PLM has no room for the lengths of long tile-parts
          }
          expect((await validate(moved)).findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  const film: RawImage = {
    width: 300,
    height: 200,
    channels: 3,
    precision: 12,
    data: new Uint16Array(300 * 200 * 3).map((_, k) => (k * 7) % 4096),
  };

  test.each(['cinema2k', 'cinema4k', 'broadcast', 'imf', 'dicom-j2k', 'jpip', 'archive'] as const)(
    'keeps the rules of %s',
    async (profile) => {
      const { data } = encodeSync(film, { profile, verify: false });
      const report = await validate(data, { profile });
      expect(report.findings).toEqual([]);
      expect(report.profile).toBe(profile);
      const claimed = await validate(data);
      expect(claimed.profile).toBe(['dicom-j2k', 'jpip', 'archive'].includes(profile) ? undefined : profile);
    },
  );

  test('breaks those of profiles that were not asked for', async () => {
    const { data } = encodeSync(film, { container: 'jp2' });
    for (const profile of ['profile-0', 'cinema2k', 'cinema4k', 'broadcast', 'imf', 'dicom-j2k', 'jpip'] as const) {
      const report = await validate(data, { profile });
      expect(codes(report)).toEqual(['profile']);
    }
    expect(await errorsOf(data, { profile: 'archive' })).toEqual([]);
    await expect(validate(data, { profile: 'hologram' as never })).rejects.toMatchObject({ code: 'option-value' });
  });
});

describe('a broken codestream', () => {
  const lrcp = fixture('layers-lrcp-53');
  const tiles = fixture('tiles-offsets-53');
  const marked = fixture('precincts-pcrl-sop-eph-53');
  const listed = fixture('precincts-rpcl-plt-tlm-53');

  /** Replaces the segments of one kind in the main header. */
  function withMain(bytes: Uint8Array, marker: number, change: (segment: Uint8Array) => Uint8Array[]): Uint8Array {
    const pieces = takeApart(bytes);
    return putTogether({ ...pieces, main: pieces.main.flatMap((s) => (markerOf(s) === marker ? change(s) : [s])) });
  }

  function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
    const copy = bytes.slice();
    copy.set(values, at);
    return copy;
  }

  /** Where a marker first stands. */
  function find(bytes: Uint8Array, marker: number, from = 0): number {
    let at = from;
    while (markerOf(bytes, at) !== marker) at++;
    return at;
  }

  const withParts = (bytes: Uint8Array, change: (parts: Pieces['parts']) => Pieces['parts']): Uint8Array => {
    const pieces = takeApart(bytes);
    return putTogether({ ...pieces, parts: change(pieces.parts) });
  };

  const cases: [string, string[], () => Uint8Array][] = [
    ['ends without EOC', ['eoc-missing'], () => putTogether(takeApart(lrcp), { eoc: false })],
    ['has a second COD', ['marker-duplicate'], () => withMain(lrcp, 0xff52, (s) => [s, s])],
    [
      'has a COD that goes on',
      ['marker-length'],
      () => withMain(lrcp, 0xff52, (s) => [segment(0xff52, s.slice(4), hex('00'))]),
    ],
    ['has reserved bits in Scod', ['cod-value'], () => withMain(lrcp, 0xff52, (s) => [patched(s, 4, 0x80 | s[4]!)])],
    ['has no QCD', ['marker-missing'], () => putTogether(without(takeApart(lrcp), 0xff5c))],
    ['has too few step sizes', ['qcd-length'], () => withMain(lrcp, 0xff5c, (s) => [segment(0xff5c, s.slice(4, 7))])],
    [
      'quantises what is reversible',
      ['qcd-value', 'code-block-passes'],
      () => withMain(lrcp, 0xff5c, (s) => [segment(0xff5c, be((s[4]! & 0xe0) | 2, 1), ...Array(40).fill(hex('4000')))]),
    ],
    [
      'transforms components that are not there',
      ['cod-value'],
      () => withMain(fixture('grey-12-signed-53'), 0xff52, (s) => [patched(s, 8, 1)]),
    ],
    [
      'transforms components of different sizes',
      ['cod-value'],
      () => withMain(fixture('subsampled-420-53'), 0xff52, (s) => [patched(s, 8, 1)]),
    ],
    ['claims CAP without one', ['cap-value'], () => patched(lrcp, 6, 0x40)],
    [
      'codes regions beyond what can be',
      ['rgn-value'],
      () => withMain(lrcp, 0xff52, (s) => [s, segment(0xff5e, hex('00 00 26'))]),
    ],
    [
      'has a comment of a kind that does not exist',
      ['com-value'],
      () => withMain(lrcp, 0xff52, (s) => [s, segment(0xff64, hex('0007 41'))]),
    ],
    [
      'has an empty progression order change',
      ['poc-value', 'progression', 'packet-length'],
      () => withMain(lrcp, 0xff52, (s) => [s, segment(0xff5f, hex('02 00 0001 02 01 00'))]),
    ],
    [
      'leaves packets out by its POC',
      ['progression', 'packet-length'],
      () => withMain(lrcp, 0xff52, (s) => [s, segment(0xff5f, hex('00 00 0001 21 FF 00'))]),
    ],
    ['numbers TLM wrongly', ['tlm-value'], () => withMain(listed, 0xff55, (s) => [patched(s, 4, 3)])],
    [
      'has lengths in TLM that are not true',
      ['tlm-value'],
      () => withMain(tiles, 0xff52, (s) => [s, patched(tlmFor(takeApart(tiles).parts), 13, 0x77)]),
    ],
    [
      'lists too few tile-parts in TLM',
      ['tlm-value'],
      () => withMain(tiles, 0xff52, (s) => [s, tlmFor(takeApart(tiles).parts.slice(1))]),
    ],
    [
      'has a packet length that is not true',
      ['plt-value'],
      () => withPlt(lrcp, (lengths) => lengths.map((n, k) => n + (k === 2 ? 1 : 0))),
    ],
    ['lists too many packet lengths', ['plt-value'], () => withPlt(lrcp, (lengths) => [...lengths, 5])],
    ['lists too few packet lengths', ['plt-value'], () => withPlt(lrcp, (lengths) => lengths.slice(1))],
    ['counts its SOP wrongly', ['packet-marker'], () => patched(marked, find(marked, 0xff91) + 5, 9)],
    [
      'has SOP and EPH where Scod has none',
      ['packet-marker'],
      () => withMain(marked, 0xff52, (s) => [patched(s, 4, s[4]! & 1)]),
    ],
    ['promises EPH and has none', ['packet-marker'], () => withMain(lrcp, 0xff52, (s) => [patched(s, 4, s[4]! | 4)])],
    ['lacks a tile', ['tile-missing'], () => withParts(tiles, (parts) => parts.slice(1))],
    [
      'has a tile beyond the grid',
      ['sot-value'],
      () => withParts(tiles, ([first, ...rest]) => [{ ...first!, isot: 99 }, ...rest]),
    ],
    [
      'counts tile-parts wrongly',
      ['tile-part-order'],
      () => withParts(tiles, ([first, ...rest]) => [{ ...first!, tpsot: 1, tnsot: 2 }, ...rest]),
    ],
    [
      'has fewer tile-parts than it says',
      ['tile-part-order'],
      () => withParts(tiles, ([first, ...rest]) => [{ ...first!, tnsot: 3 }, ...rest]),
    ],
    ['has a tile-part beyond its end', ['tile-part-length'], () => lrcp.slice(0, -40)],
    [
      'has bytes between tile-parts',
      ['marker-missing'],
      () => join(tiles.slice(0, find(tiles, 0xff90)), hex('0000'), tiles.slice(find(tiles, 0xff90))),
    ],
    [
      'has bytes after its packets',
      ['packet-length'],
      () => withParts(lrcp, ([only]) => [{ ...only!, data: join(only!.data, hex('00 01')) }]),
    ],
    [
      'lacks packets',
      ['packet-truncated'],
      () => withParts(marked, ([only]) => [{ ...only!, data: only!.data.slice(0, lastSop(only!.data)) }]),
    ],
    [
      'has COD in a later tile-part',
      ['marker-order'],
      () => {
        const { main, parts } = takeApart(interleaveTileParts(tiles, 2));
        const cod = main.find((s) => markerOf(s) === 0xff52)!;
        const later = parts.findIndex(({ tpsot }) => tpsot === 1);
        return putTogether({ main, parts: parts.map((part, k) => (k === later ? { ...part, header: [cod] } : part)) });
      },
    ],
    [
      'has packed headers that end too soon',
      ['ppm-value'],
      () => {
        const { main, parts } = takeApart(packHeaders(lrcp, 'ppt'));
        return putTogether({
          main,
          parts: parts.map((part) => ({
            ...part,
            header: part.header.map((s) => segment(markerOf(s), s.slice(4, -1))),
          })),
        });
      },
    ],
    ['is of no tile', ['siz-value'], () => patched(lrcp, 24, 0, 0, 0, 0)],
    ['is no codestream', ['not-jpeg2000'], () => hex('89504E470D0A1A0A0000000D')],
  ];

  function lastSop(data: Uint8Array): number {
    for (let at = data.length - 6; at >= 0; at--) if (markerOf(data, at) === 0xff91) return at;
    return data.length;
  }

  test.each(cases)('%s', async (_, expected, make) => {
    const found = await errorsOf(make());
    expect(found).toEqual(expect.arrayContaining([expected[0]]));
    expect(found.filter((code) => !expected.includes(code))).toEqual([]);
  });

  test('says where and by which clause', async () => {
    const report = await validate(patched(marked, find(marked, 0xff91) + 5, 9));
    expect(report.findings[0]).toMatchObject({
      severity: 'error',
      code: 'packet-marker',
      offset: find(marked, 0xff91),
      clause: '15444-1 A.8.1',
    });
  });

  test('is told apart from one that is only odd', async () => {
    const padded = await validate(withPlt(lrcp, (lengths) => [...lengths, 0, 0]));
    expect(codes(padded)).toEqual([]);
    expect(codes(padded, 'warning')).toEqual(['plt-value']);
    const report = await validate(join(lrcp, hex('00 00')));
    expect(codes(report)).toEqual([]);
    expect(codes(report, 'warning')).toEqual(['eoc-missing']);
  });

  test('markers of other standards are doubtful, those of further parts are not', async () => {
    const { main, parts } = takeApart(lrcp);
    const doubted = async (marker: number) =>
      codes(await validate(putTogether({ main: [...main, segment(marker, hex('00'))], parts })), 'warning');
    for (const marker of [0xff1e, 0xffce, 0xffe1]) expect(await doubted(marker)).toEqual(['marker-unknown']);
    for (const marker of [0xff65, 0xff74]) expect(await doubted(marker)).toEqual([]);
  });
});

describe('a broken file', () => {
  const codestream = fixture('layers-lrcp-53');
  const info = takeApart(codestream).main.find((s) => markerOf(s) === 0xff51)!;
  const numComponents = info[39]!;
  const size = join(info.slice(10, 14), info.slice(6, 10));
  const ihdr = (bpc = 7, more = '07 00 00') => box('ihdr', join(size, be(numComponents, 2), be(bpc, 1), hex(more)));
  const colr = box('colr', hex('01 00 00 00000010'));
  const FTYP = box('ftyp', hex('6A703220 00000000 6A703220'));

  function file(parts: { ftyp?: Uint8Array; header?: Uint8Array[]; between?: Uint8Array[]; after?: Uint8Array[] }) {
    const { ftyp = FTYP, header = [ihdr(), colr], between = [], after = [] } = parts;
    return join(SIGNATURE, ftyp, box('jp2h', join(...header)), ...between, box('jp2c', codestream), ...after);
  }

  const palette = box('pclr', hex('0002 01 07 10 20'));
  const mapping = (...entries: string[]) => box('cmap', hex(entries.join('')));
  const channels = (...entries: string[]) => box('cdef', join(be(entries.length, 2), hex(entries.join(''))));

  test('is measured against one that is whole', async () => {
    const report = await validate(file({ after: [box('free', hex('00'))] }));
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ valid: true, container: 'jp2' });
  });

  const FTYP_JPX = box('ftyp', hex('6A707820 00000000 6A707820'));
  const url = box('url ', hex('00000000 6100'));
  const elsewhere = (reference: number) =>
    box('flst', join(hex('0001'), be(0, 8), be(codestream.length, 4), be(reference, 2)));

  test('may lie in another file that it names', async () => {
    const named = join(
      SIGNATURE,
      FTYP_JPX,
      box('jp2h', join(ihdr(), colr)),
      box('ftbl', elsewhere(1)),
      box('dtbl', join(be(1, 2), url)),
    );
    expect((await errorsOf(named)).includes('fragment')).toBe(false);
  });

  test.each<[string, string[], () => Uint8Array]>([
    [
      'is not compatible with itself',
      ['box-value'],
      () => file({ ftyp: box('ftyp', hex('6A703220 00000000 6A707820')) }),
    ],
    ['lacks depths', ['box-missing', 'jp2-mismatch'], () => file({ header: [ihdr(255), colr] })],
    [
      'has depths of other components',
      ['box-value', 'jp2-mismatch'],
      () => file({ header: [ihdr(255), box('bpcc', hex('07')), colr] }),
    ],
    [
      'is of another size',
      ['jp2-mismatch'],
      () =>
        file({ header: [box('ihdr', join(hex('00000001 00000001'), be(numComponents, 2), hex('07 07 00 00'))), colr] }),
    ],
    ['has a header that is too long', ['box-length'], () => file({ header: [ihdr(7, '07 00 00 00'), colr] })],
    ['has no colour', ['box-missing'], () => file({ header: [ihdr()] })],
    [
      'has a colour of JPX only',
      ['colour-space'],
      () => file({ header: [ihdr(), box('colr', hex('01 00 00 0000000C'))] }),
    ],
    [
      'has an ICC profile that is none',
      ['icc-profile'],
      () => file({ header: [ihdr(), box('colr', hex('02 00 00 00000010'))] }),
    ],
    ['has a palette that nothing uses', ['palette'], () => file({ header: [ihdr(), colr, palette] })],
    ['maps without a palette', ['palette'], () => file({ header: [ihdr(), colr, mapping('0000 00 00')] })],
    [
      'maps what is not there',
      ['palette'],
      () => file({ header: [ihdr(), colr, palette, mapping('0007 01 00', '0000 01 04')] }),
    ],
    [
      'defines channels twice',
      ['channel-definition'],
      () => file({ header: [ihdr(), colr, channels('0000 0000 0001', '0000 0000 0002')] }),
    ],
    [
      'defines channels that are not there',
      ['channel-definition'],
      () => file({ header: [ihdr(), colr, channels('0009 0000 0001')] }),
    ],
    [
      'defines channels of no type',
      ['channel-definition'],
      () => file({ header: [ihdr(), colr, channels('0000 0005 0001')] }),
    ],
    [
      'has two channels for one colour',
      ['channel-definition'],
      () => file({ header: [ihdr(), colr, channels('0000 0000 0001', '0001 0000 0001')] }),
    ],
    [
      'has a channel for a colour that its space does not have',
      ['channel-definition'],
      () => file({ header: [ihdr(), colr, channels('0000 0000 4003', '0001 0000 0002', '0002 0000 0001')] }),
    ],
    [
      'has a colour without a channel',
      ['channel-definition'],
      () => file({ header: [ihdr(), colr, channels('0000 0000 0001', '0001 0000 0002', '0002 0001 0000')] }),
    ],
    [
      'lies in a file that it does not name',
      ['fragment'],
      () =>
        join(
          SIGNATURE,
          FTYP_JPX,
          box('jp2h', join(ihdr(), colr)),
          box('ftbl', elsewhere(2)),
          box('dtbl', join(be(1, 2), url)),
        ),
    ],
    ['has no header', ['box-missing', 'box-order'], () => join(SIGNATURE, FTYP, box('jp2c', codestream))],
    ['has no codestream', ['box-missing'], () => join(SIGNATURE, FTYP, box('jp2h', join(ihdr(), colr)))],
    ['says more than it has', ['box-length', 'tile-part-length', 'packet-truncated'], () => file({}).slice(0, -30)],
    ['claims to be HTJ2K', ['jp2-mismatch'], () => file({ ftyp: box('ftyp', hex('6A706820 00000000 6A706820')) })],
  ])('%s', async (_, expected, make) => {
    const found = await errorsOf(make());
    expect(found).toEqual(expect.arrayContaining([expected[0]]));
    expect(found.filter((code) => !expected.includes(code))).toEqual([]);
  });

  test('has doubts that break no rule', async () => {
    const odd = await validate(file({ header: [ihdr(7, '07 00 01'), box('colr', hex('01 02 01 00000010'))] }));
    expect(codes(odd)).toEqual([]);
    expect(odd.findings.map(({ severity }) => severity)).toEqual(['warning', 'warning', 'warning']);
    const unknown = await validate(file({ between: [box('what', hex('00'))] }));
    expect(codes(unknown, 'note')).toEqual(['box-value']);
  });
});

describe('a movie', () => {
  const picture = (n: number, width = 24): RawImage => ({
    width,
    height: 16,
    channels: 3,
    data: new Uint8Array(width * 48).fill(n),
  });
  const frame = (n: number) => encodeSync(picture(n), { container: 'codestream' }).data;

  async function movie(fields?: 'top-first'): Promise<Uint8Array> {
    const writer = createMovie({ timescale: 25, ...(fields ? { fields } : {}) });
    for (let n = 0; n < 3; n++) await writer.add(fields ? [frame(n), frame(n + 9)] : frame(n));
    return (await writer.finish()).data;
  }

  test('is followed frame by frame', async () => {
    for (const [bytes, codestreams] of [
      [await movie(), 3],
      [await movie('top-first'), 6],
    ] as const) {
      const report = await validate(bytes);
      expect(report).toMatchObject({ valid: true, container: 'mj2', findings: [], checked: { codestreams } });
      expect(await validate(new TestSource(bytes))).toEqual(report);
    }
  });

  test('that is broken is found out', async () => {
    const bytes = await movie();
    const at = (type: string) => Buffer.from(bytes).lastIndexOf(type);
    const set = (where: number, value: number) => {
      const copy = bytes.slice();
      copy[where] = value;
      return copy;
    };
    expect(await errorsOf(bytes.subarray(0, -20))).toContain('sample-table');
    expect(await errorsOf(set(at('stco') + 11, 9))).toContain('sample-table');
    expect(await errorsOf(set(at('jp2c') + 4 + 6 + 5, 99))).not.toEqual([]);
    expect(await errorsOf(set(at('ihdr') + 11, 25))).toEqual(['jp2-mismatch']);
    expect(await errorsOf(set(at('fiel') + 4, 2))).toEqual(['box-missing']);
    expect(await errorsOf(set(at('moov'), 0))).toEqual(['box-missing']);
  });
});

describe('a validation', () => {
  test('of anything ends with findings', async () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
    const base = fc.constantFrom('layers-lrcp-53', 'poc-53', 'precincts-pcrl-sop-eph-53', 'tiles-offsets-53', 'roi-53');
    await fc.assert(
      fc.asyncProperty(base, fc.array(change, { minLength: 1, maxLength: 5 }), fc.nat(), async (name, changes, cut) => {
        const bytes = fixture(name).slice();
        // half of the changes in the headers, where they do the most
        changes.forEach(({ at, value }, k) => {
          bytes[at % (k % 2 ? bytes.length : 200)] = value;
        });
        const limits = { codeBlocks: 1 << 16, time: 5000 };
        const report = await validate(bytes, { limits });
        expect(report.valid).toBe(report.findings.every(({ severity }) => severity !== 'error'));
        await validate(bytes.subarray(0, cut % bytes.length), { limits });
      }),
      { numRuns: 500 },
    );
  });

  test('stops when its caller does', async () => {
    const signal = { aborted: true, reason: new Error('enough') };
    await expect(validate(fixture('roi-53'), { signal })).rejects.toThrow('enough');
    const later = { aborted: false, reason: new Error('later') };
    const onProgress = () => {
      later.aborted = true;
    };
    await expect(validate(new TestSource(fixture('tiles-offsets-53')), { signal: later, onProgress })).rejects.toThrow(
      'later',
    );
  });

  test('says how far it is', async () => {
    const fractions: number[] = [];
    await validate(fixture('tiles-offsets-53'), { onProgress: ({ fraction }) => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
  });

  test('meets limits with warnings', async () => {
    const bytes = fixture('tiles-offsets-53');
    for (const limits of [{ codeBlocks: 2 }, { tiles: 3 }, { components: 0 }] as const) {
      const report = await validate(bytes, { limits });
      expect(codes(report)).toEqual([]);
      expect(codes(report, 'warning')).toEqual([expect.stringMatching(/^limit-/)]);
    }
  });

  test('must be given something to read', async () => {
    await expect(validate('file.jp2' as never)).rejects.toMatchObject({ kind: 'usage', code: 'input-type' });
  });
});
