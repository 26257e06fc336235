/**
 * Sample tables against their definition: every run written out sample by sample.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { type BoxContent, boxesIn } from '../../../src/codec/fileformat/box.ts';
import { writeFullBox } from '../../../src/codec/fileformat/mj2-boxes.ts';
import { readSampleTable, type SampleTable, writeSampleTable } from '../../../src/codec/fileformat/mj2-sample-table.ts';
import { failureOf } from '../../support/failure.ts';

/** A box of 32-bit words after version and flags. */
function box(type: string, words: readonly number[]): BoxContent {
  const w = new ByteWriter();
  writeFullBox(w, type, 0, 0, () => {
    for (const word of words) w.u32(word);
  });
  return [...boxesIn(w.take(), 0, new DiagnosticLog(true))][0]!;
}

interface Tables {
  stts: number[];
  stsc: number[];
  stsz: number[];
  stco: number[];
}

function table({ stts, stsc, stsz, stco }: Tables, log = new DiagnosticLog(true)): SampleTable {
  return readSampleTable(
    { stts: box('stts', stts), stsc: box('stsc', stsc), stsz: box('stsz', stsz), stco: box('stco', stco) },
    log,
  );
}

describe('a sample table', () => {
  test('places and times every sample as its definition does', () => {
    const chunk = fc.record({ samples: fc.integer({ min: 1, max: 5 }), description: fc.nat(2), gap: fc.nat(9) });
    fc.assert(
      fc.property(
        fc.array(chunk, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(100), { minLength: 60, maxLength: 60 }),
        fc.array(fc.nat(40), { minLength: 60, maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 50 })),
        (chunks, someSizes, someDurations, uniform) => {
          const count = chunks.reduce((sum, { samples }) => sum + samples, 0);
          const sizes = someSizes.slice(0, count).map((size) => uniform ?? size);
          const durations = someDurations.slice(0, count);
          // the slow way: walk through everything
          const places: { offset: number; length: number; description: number }[] = [];
          const stco: number[] = [];
          const stsc: number[] = [];
          let offset = 100;
          chunks.forEach(({ samples, description, gap }, k) => {
            offset += gap;
            stco.push(offset);
            const before = chunks[k - 1];
            if (before?.samples !== samples || before.description !== description) {
              stsc.push(k + 1, samples, description + 1);
            }
            for (let n = 0; n < samples; n++) {
              const length = sizes[places.length]!;
              places.push({ offset, length, description });
              offset += length;
            }
          });
          const stts = durations.flatMap((duration) => [1, duration]);
          const samples = table({
            stts: [durations.length, ...stts],
            stsc: [stsc.length / 3, ...stsc],
            stsz: uniform === null ? [0, count, ...sizes] : [uniform, count],
            stco: [stco.length, ...stco],
          });
          expect(samples.count).toBe(count);
          let start = 0;
          for (let n = 0; n < count; n++) {
            expect(samples.placeOf(n)).toEqual(places[n]);
            expect(samples.timeOf(n)).toEqual({ start, duration: durations[n] });
            if (durations[n]! > 0) expect(samples.sampleAt(start + durations[n]! / 2)).toBe(n);
            start += durations[n]!;
          }
        },
      ),
    );
  });

  test('comes back as it was written', () => {
    const sample = fc.record({
      offset: fc.integer({ min: 0, max: 2 ** 40 }),
      size: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      duration: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 20 }), (list) => {
        const w = new ByteWriter();
        writeSampleTable(w, {
          offsets: list.map(({ offset }) => offset),
          sizes: list.map(({ size }) => size),
          durations: list.map(({ duration }) => duration),
        });
        const log = new DiagnosticLog(true);
        const boxes = new Map([...boxesIn(w.take(), 0, log)].map((one) => [one.type, one]));
        const samples = readSampleTable(
          {
            stts: boxes.get('stts'),
            stsc: boxes.get('stsc'),
            stsz: boxes.get('stsz'),
            stco: boxes.get('stco') ?? boxes.get('co64'),
          },
          log,
        );
        expect(samples.count).toBe(list.length);
        list.forEach(({ offset, size, duration }, n) => {
          expect(samples.placeOf(n)).toEqual({ offset, length: size, description: 0 });
          expect(samples.timeOf(n).duration).toBe(duration);
        });
      }),
    );
  });
});

describe('a sample table that contradicts itself', () => {
  const sound: Tables = { stts: [1, 2, 40], stsc: [1, 1, 1, 1], stsz: [0, 2, 7, 8], stco: [2, 100, 200] };

  test('is cut to what all its boxes have', () => {
    for (const broken of [
      { ...sound, stsz: [0, 1, 7] },
      { ...sound, stco: [1, 100] },
      { ...sound, stsz: [0, 9, 7] },
      { ...sound, stsc: [2, 1, 1, 1, 3, 1, 1], stsz: [0, 1, 7] },
    ]) {
      const log = new DiagnosticLog();
      expect(table(broken, log).count).toBe(1);
      expect(log.list.map(({ code }) => code)).toContain('sample-table');
    }
  });

  test('lets the last duration go on', () => {
    const log = new DiagnosticLog();
    expect(table({ ...sound, stts: [1, 1, 40] }, log).timeOf(1)).toEqual({ start: 40, duration: 40 });
    expect(log.list).toHaveLength(1);
    expect(table({ ...sound, stts: [0] }, log).timeOf(1)).toEqual({ start: 0, duration: 0 });
  });

  test('is refused where no place can be told', () => {
    for (const stsc of [
      [1, 2, 1, 1],
      [2, 1, 1, 1, 1, 1, 1],
      [1, 1, 0, 1],
      [1, 0, 1, 1],
    ]) {
      expect(failureOf(() => table({ ...sound, stsc }))).toMatchObject({ kind: 'malformed', code: 'sample-table' });
    }
    const missing = { stts: undefined, stsc: undefined, stsz: undefined, stco: undefined };
    expect(failureOf(() => readSampleTable(missing, new DiagnosticLog()))).toMatchObject({ code: 'sample-table' });
  });
});
