/**
 * Movies: the sample of another writer frame by frame, movies written here read by FFmpeg and by this library, and broken ones.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type ByteSink,
  createMovie,
  decodeSync,
  encodeSync,
  Jpeg2000Error,
  type MovieOptions,
  type MovieTrack,
  openMovie,
  type RawImage,
} from '../../src/index.ts';
import { describeShared, describeTools, sharedPath } from '../support/shared.ts';
import { onlyForward, TestSink } from '../support/sinks.ts';
import { TestSource } from '../support/sources.ts';
import { requireTool } from '../support/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'jp2kit-movie-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A small picture that differs from frame to frame. */
function picture(n: number, shape: Partial<RawImage> = {}): RawImage {
  const { width = 24, height = 16, channels = 3, precision = 8 } = shape;
  const samples = { length: width * height * channels };
  const value = (_: unknown, k: number) => (k * 5 + n * 37) % 2 ** precision;
  const data = precision > 8 ? Uint16Array.from(samples, value) : Uint8Array.from(samples, value);
  return { width, height, channels, data, ...shape };
}

function frameOf(n: number, shape: Partial<RawImage> = {}, container: 'jp2' | 'codestream' = 'jp2'): Uint8Array {
  return encodeSync(picture(n, shape), { container }).data;
}

/** A movie of small frames in memory. */
async function movieOf(numFrames: number, options: Partial<MovieOptions> = {}): Promise<Uint8Array> {
  const movie = createMovie({ timescale: 25, ...options });
  for (let n = 0; n < numFrames; n++) await movie.add(frameOf(n));
  return (await movie.finish()).data;
}

/** Where a box of a type begins: the first place of its name, less its length field. */
function boxAt(bytes: Uint8Array, type: string): number {
  const at = Buffer.from(bytes).indexOf(type) - 4;
  expect(at).toBeGreaterThanOrEqual(0);
  return at;
}

/** A copy with 32 bits replaced. */
function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value);
  return copy;
}

async function firstTrack(bytes: Uint8Array | TestSource): Promise<MovieTrack> {
  return (await openMovie(bytes)).tracks[0]!;
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Jpeg2000Error)) throw error ?? new Error('nothing was thrown');
  return error.code;
}

describeShared('mj2/synth-64x48-420-6f-25fps.mj2', 'a movie of another writer', () => {
  const bytes = new Uint8Array(readFileSync(sharedPath('mj2', 'synth-64x48-420-6f-25fps.mj2')));
  const yuv = new Uint8Array(readFileSync(sharedPath('mj2', 'synth-64x48-420-6f.yuv')));

  test('is described by its tables', async () => {
    const movie = await openMovie(bytes);
    expect(movie).toMatchObject({ brands: ['mjp2', 'mj2s'], timescale: 1000, duration: 240, warnings: [] });
    expect(movie.tracks).toHaveLength(1);
    expect(movie.tracks[0]).toMatchObject({ width: 64, height: 48, timescale: 1000, frameCount: 6, edits: [] });
    expect(movie.tracks[0]!.fields).toEqual({ count: 1, order: 'unknown' });
    expect(movie.tracks[0]!.colour).toMatchObject({ space: 'sycc', palette: false });
    expect(movie.tracks[0]!.timingOf(5)).toEqual({ start: 200, duration: 40, seconds: 0.2 });
  });

  test('gives every frame as its encoder was given it', async () => {
    const track = await firstTrack(bytes);
    const length = (64 * 48 * 3) / 2;
    for (const n of [5, 0, 3, 1, 4, 2]) {
      const frame = await track.frame(n);
      const { data, layout, colour } = await frame.decode();
      expect({ layout, space: colour.space }).toEqual({ layout: 'planar', space: 'sycc' });
      expect(data).toEqual(yuv.subarray(n * length, (n + 1) * length));
      expect(frame.decodeSync({ colour: 'srgb' })).toMatchObject({ width: 64, height: 48, channels: 3 });
    }
  });

  test('is read only where something is wanted', async () => {
    const source = new TestSource(new Uint8Array(Buffer.concat([bytes.subarray(0, 5821), bytes.subarray(5821)])));
    const track = await firstTrack(source);
    const opening = source.bytesRead;
    expect(opening).toBeLessThan(4096 + 4096 + 800);
    const frame = await track.frame(3);
    await frame.decode();
    expect(source.bytesRead - opening).toBeLessThan(3 * 966 + 64);
  });
});

describe('a movie written here', () => {
  test('has its movie box in front when it is made in memory', async () => {
    const bytes = await movieOf(3);
    expect(boxAt(bytes, 'moov')).toBeLessThan(boxAt(bytes, 'mdat'));
    const track = await firstTrack(bytes);
    expect(track.frameCount).toBe(3);
    for (let n = 0; n < 3; n++) {
      expect(await (await track.frame(n)).decode()).toMatchObject({ data: picture(n).data, warnings: [] });
    }
  });

  test('holds codestreams as they were given', async () => {
    const movie = createMovie({ timescale: 10 });
    const frames = [0, 1].map((n) => frameOf(n, {}, 'codestream'));
    for (const frame of frames) await movie.add(frame);
    const track = await firstTrack((await movie.finish()).data);
    for (const n of [0, 1]) expect(await track.frameBytes(n)).toEqual(frames[n]);
    for (const n of [0, 1]) expect(await track.frameFile(n)).toEqual(frameOf(n));
    expect(track.colour.space).toBe('srgb');
  });

  test('keeps palette, channels and colours of its first frame', async () => {
    const entries = Uint8Array.from([0, 9, 200, 255]);
    const image = { width: 4, height: 2, channels: 1, precision: 2, data: Uint8Array.from([0, 1, 2, 3, 3, 2, 1, 0]) };
    const columns = [0, 1, 2].map(() => ({ precision: 8, entries }));
    const movie = createMovie({ timescale: 10 });
    await movie.add(encodeSync(image, { colour: { space: 'srgb', palette: { columns } }, levels: 0 }).data);
    const track = await firstTrack((await movie.finish()).data);
    const { data, channels } = await (await track.frame(0)).decode();
    expect(channels).toBe(3);
    expect([...data.subarray(0, 9)]).toEqual([0, 0, 0, 9, 9, 9, 200, 200, 200]);
    expect(decodeSync(await track.frameFile(0)).data).toEqual(data);
  });

  test('knows when every frame is shown', async () => {
    const movie = createMovie({ timescale: 30000, frameDuration: 1001 });
    for (let n = 0; n < 5; n++) await movie.add(frameOf(n), n === 2 ? { duration: 5000 } : {});
    const summary = await movie.finish();
    expect(summary).toMatchObject({ frames: 5, duration: 4 * 1001 + 5000 });
    const track = await firstTrack(summary.data);
    expect([0, 2, 3, 4].map((n) => track.timingOf(n).start)).toEqual([0, 2002, 7002, 8003]);
    expect([-1, 0, 0.07, 0.2, 0.234, 99].map((seconds) => track.frameAt(seconds))).toEqual([0, 0, 2, 2, 3, 4]);
  });

  test('holds two codestreams a frame for two fields', async () => {
    const movie = createMovie({ timescale: 25, fields: 'top-first' });
    await movie.add([frameOf(1), frameOf(2)]);
    await expect(codeOf(movie.add(frameOf(3)))).resolves.toBe('movie-frame');
    const track = await firstTrack((await movie.finish()).data);
    expect(track).toMatchObject({ width: 24, height: 32, fields: { count: 2, order: 'top-first' } });
    expect((await (await track.frame(0)).decode()).data).toEqual(picture(1).data);
    expect((await (await track.frame(0, { field: 1 })).decode()).data).toEqual(picture(2).data);
    expect(await track.frameFile(0, { field: 1 })).toEqual(frameOf(2));
  });

  test('is the same movie whatever takes it', async () => {
    const sink = new TestSink();
    const forward = new TestSink();
    for (const to of [sink, onlyForward(forward)] satisfies ByteSink[]) {
      const movie = createMovie({ timescale: 25, sink: to });
      for (let n = 0; n < 4; n++) await movie.add(frameOf(n));
      const { bytes, data } = await movie.finish();
      expect(data).toHaveLength(0);
      expect(bytes).toBe((to === sink ? sink : forward).bytes.length);
    }
    expect(sink.calls).toEqual({ write: expect.any(Number), patch: 1, close: 1, abort: 0 });
    for (const { bytes } of [sink, forward]) {
      expect(boxAt(bytes, 'moov')).toBeGreaterThan(boxAt(bytes, 'mdat'));
      const track = await firstTrack(bytes);
      for (let n = 0; n < 4; n++) expect((await (await track.frame(n)).decode()).data).toEqual(picture(n).data);
    }
  });

  test('needs no memory for what is written to a sink, and 64 bits for places beyond 4 GB', async () => {
    const frame = new Uint8Array(1 << 28);
    frame.set(frameOf(7, {}, 'codestream'));
    const kept: { offset: number; bytes: Uint8Array }[] = [];
    let end = 0;
    const sink: ByteSink = {
      write(bytes) {
        kept.push({ offset: end, bytes: bytes.slice(0, 1 << 16) });
        end += bytes.length;
      },
      patch(offset, bytes) {
        kept.push({ offset, bytes: bytes.slice() });
      },
    };
    const movie = createMovie({ timescale: 25, sink });
    for (let n = 0; n < 20; n++) await movie.add(frame);
    const { bytes } = await movie.finish();
    expect(bytes).toBeGreaterThan(5 * 2 ** 30);
    let read = 0;
    const track = (
      await openMovie({
        size: bytes,
        async read({ offset, length }) {
          read += length;
          const out = new Uint8Array(length);
          for (const piece of kept) {
            const from = Math.max(offset, piece.offset);
            const to = Math.min(offset + length, piece.offset + piece.bytes.length);
            if (from < to) out.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
          }
          return out;
        },
      })
    ).tracks[0]!;
    expect(read).toBeLessThan(20000);
    expect(await track.frameRange(19)).toMatchObject({ length: 1 << 28 });
    expect((await track.frameRange(19)).offset).toBeGreaterThan(2 ** 32);
    expect((await (await track.frame(19)).decode({ reduce: 1 })).width).toBe(12);
  });

  test('comes back from any frames, durations and sinks', async () => {
    const frames = [0, 1, 2].map((n) => frameOf(n, {}, n === 1 ? 'codestream' : 'jp2'));
    const codestreams = [0, 1, 2].map((n) => frameOf(n, {}, 'codestream'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ frame: fc.nat(2), duration: fc.nat(2000) }), { minLength: 1, maxLength: 40 }),
        fc.constantFrom('memory', 'patch', 'forward'),
        async (shots, to) => {
          const sink = new TestSink();
          const movie = createMovie({
            timescale: 600,
            ...(to === 'memory' ? {} : { sink: to === 'patch' ? sink : onlyForward(sink) }),
          });
          for (const { frame, duration } of shots) await movie.add(frames[frame]!, { duration });
          const { data } = await movie.finish();
          const track = await firstTrack(new TestSource(to === 'memory' ? data : sink.bytes));
          expect(track.frameCount).toBe(shots.length);
          let start = 0;
          for (const [n, { frame, duration }] of shots.entries()) {
            expect(track.timingOf(n)).toMatchObject({ start, duration });
            if (duration > 0) expect(track.frameAt(start / 600 + 1e-6)).toBe(n);
            start += duration;
            expect(await track.frameBytes(n)).toEqual(codestreams[frame]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('what does not fit', () => {
  test('is refused when it is added', async () => {
    const movie = createMovie({ timescale: 25 });
    await expect(codeOf(movie.finish())).resolves.toBe('movie-frame');
    await expect(codeOf(movie.add(new Uint8Array(9)))).resolves.toBe('movie-frame');
    await movie.add(frameOf(0));
    await expect(codeOf(movie.add(frameOf(0, { width: 25 })))).resolves.toBe('movie-frame');
    await expect(codeOf(movie.add(frameOf(0, { precision: 12 })))).resolves.toBe('movie-frame');
    await expect(codeOf(movie.add(frameOf(0), { duration: -1 }))).resolves.toBe('option-value');
    await movie.finish();
    await expect(codeOf(movie.add(frameOf(0)))).resolves.toBe('closed');
  });

  test('is refused as an option', () => {
    for (const timescale of [0, 1.5, 2 ** 32, Number.NaN])
      expect(() => createMovie({ timescale })).toThrow(Jpeg2000Error);
    expect(() => createMovie({ timescale: 1, fields: 'both' as 'top-first' })).toThrow(/fields/);
  });

  test('ends with the limit on memory', async () => {
    const movie = createMovie({ timescale: 25, limits: { bytes: 1000 } });
    await movie.add(frameOf(0));
    await expect(codeOf(movie.add(frameOf(1)))).resolves.toBe('limit-bytes');
  });

  test('leaves no file behind when the sink fails or the movie is given up', async () => {
    const failing = new TestSink({ failIn: 'patch' });
    const movie = createMovie({ timescale: 25, sink: failing });
    await movie.add(frameOf(0));
    await expect(codeOf(movie.finish())).resolves.toBe('sink');
    expect(failing.calls.abort).toBe(1);
    const sink = new TestSink();
    const other = createMovie({ timescale: 25, sink });
    await other.add(frameOf(0));
    await other.abort('enough');
    expect(sink.reason).toBe('enough');
    await expect(codeOf(other.finish())).resolves.toBe('closed');
  });
});

describe('a frame that is asked for', () => {
  test('must be there', async () => {
    const movie = await openMovie(await movieOf(2));
    const track = movie.tracks[0]!;
    for (const n of [-1, 2, 0.5, Number.NaN]) await expect(codeOf(track.frame(n))).resolves.toBe('option-value');
    await expect(codeOf(track.frame(0, { field: 1 }))).resolves.toBe('option-value');
    await movie.close();
    await expect(codeOf(track.frame(0))).resolves.toBe('closed');
  });

  test('may be stored without a box or as a whole file, as other muxers do', async () => {
    for (const container of ['codestream', 'jp2'] as const) {
      const bytes = await movieOf(1);
      const frame = frameOf(0, {}, container);
      // one more media data box, to which the only chunk is moved
      const moved = patched(new Uint8Array([...bytes, ...frame]), boxAt(bytes, 'stco') + 16, bytes.length);
      const track = await firstTrack(patched(moved, boxAt(bytes, 'stsz') + 20, frame.length));
      expect((await (await track.frame(0)).decode()).data).toEqual(picture(0).data);
    }
  });

  test('stops when its caller does', async () => {
    const track = await firstTrack(new TestSource(await movieOf(2)));
    const signal = { aborted: true, reason: new Error('no more') };
    await expect(track.frame(0, { signal })).rejects.toThrow('no more');
  });
});

describe('broken and hostile movies', () => {
  test('without a movie box are no movies', async () => {
    await expect(codeOf(openMovie(frameOf(0)))).resolves.toBe('box-missing');
    await expect(codeOf(openMovie(new Uint8Array(0)))).resolves.toBe('box-missing');
    await expect(codeOf(openMovie(frameOf(0, {}, 'codestream')))).resolves.toMatch(/box-missing|not-jpeg2000/);
    await expect(codeOf(openMovie(new Uint8Array(20)))).resolves.toMatch(/box-missing|not-jpeg2000/);
  });

  test('with counts of 2^32 cost what they hold', async () => {
    const bytes = await movieOf(3);
    for (const [type, at] of [
      ['stts', 12],
      ['stsc', 12],
      ['stco', 12],
      ['stsz', 16],
    ] as const) {
      const movie = await openMovie(patched(bytes, boxAt(bytes, type) + at, 0xffffffff));
      expect(movie.warnings.map(({ code }) => code)).toContain('sample-table');
      expect(movie.tracks[0]!.frameCount).toBeLessThanOrEqual(3);
    }
    const uniform = patched(patched(bytes, boxAt(bytes, 'stsz') + 12, 77), boxAt(bytes, 'stsz') + 16, 0xffffffff);
    expect((await firstTrack(uniform)).frameCount).toBe(3);
    const crowded = await firstTrack(patched(uniform, boxAt(uniform, 'stsc') + 20, 0xffffffff));
    expect(crowded.frameCount).toBe(0xffffffff);
    await expect(codeOf(crowded.frame(0xfffffffe))).resolves.toBe('out-of-bytes');
    expect(crowded.timingOf(0xfffffffe).start).toBe(0xfffffffe);
  });

  test('with samples outside the file give those that are inside', async () => {
    const bytes = await movieOf(2);
    const track = await firstTrack(patched(bytes, boxAt(bytes, 'stco') + 20, 0xfffffff0));
    expect((await (await track.frame(0)).decode()).data).toEqual(picture(0).data);
    await expect(codeOf(track.frame(1))).resolves.toBe('out-of-bytes');
  });

  test('with chunks on top of each other give the same bytes twice', async () => {
    const bytes = await movieOf(2);
    const stco = boxAt(bytes, 'stco');
    const first = new DataView(bytes.buffer).getUint32(stco + 16);
    const track = await firstTrack(patched(bytes, stco + 20, first));
    expect(await track.frameRange(1)).toMatchObject({ offset: (await track.frameRange(0)).offset });
    expect((await (await track.frame(1)).decode()).width).toBe(24);
  });

  test('cut inside a frame give what there is of it', async () => {
    const bytes = await movieOf(2);
    const track = await firstTrack(bytes.subarray(0, bytes.length - 100));
    expect((await (await track.frame(1)).decode()).status).toBe('partial');
  });

  test('with a movie box beyond the limit are not read', async () => {
    const source = new TestSource(await movieOf(2));
    await expect(codeOf(openMovie(source, { limits: { bytes: 100 } }))).resolves.toBe('limit-bytes');
    expect(source.bytesRead).toBeLessThan(5000);
  });

  test('whose boxes contain themselves end the walk', async () => {
    // every length reaches to the end of the file, and every box is one that is looked into
    const types = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'mjp2', 'jp2h'];
    const bytes = Buffer.alloc(8 * 4096);
    for (let k = 0; k < 4096; k++) {
      bytes.writeUInt32BE(bytes.length - 8 * k, 8 * k);
      bytes.write(types[k % types.length]!, 8 * k + 4, 'latin1');
    }
    expect((await openMovie(new Uint8Array(bytes))).tracks).toEqual([]);
  });

  test('with any byte changed end in a typed error or in frames', async () => {
    const bytes = await movieOf(2);
    const head = boxAt(bytes, 'mdat');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.nat(head + 60), value: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const copy = bytes.slice();
          for (const { at, value } of changes) copy[at] = value;
          try {
            for (const track of (await openMovie(copy)).tracks) {
              for (const n of [0, 1, track.frameCount - 1]) {
                if (n < 0 || n >= track.frameCount) continue;
                track.timingOf(n);
                track.frameAt(n);
                await (await track.frame(n)).decode({ limits: { pixels: 1 << 16 } });
              }
            }
          } catch (error) {
            if (!(error instanceof Jpeg2000Error)) throw error;
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describeTools(['ffmpeg', 'ffprobe'], 'FFmpeg', () => {
  interface Probe {
    codec_name: string;
    codec_tag_string: string;
    width: number;
    height: number;
    r_frame_rate: string;
    nb_frames: string;
    nb_read_frames: string;
    pix_fmt: string;
    duration: string;
  }

  async function probe(bytes: Uint8Array): Promise<{ stream: Probe; raw: Uint8Array }> {
    const file = join(folder, `movie-${Math.random()}.mj2`);
    writeFileSync(file, bytes);
    const text = execFileSync(
      requireTool('ffprobe'),
      ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json', file],
      { encoding: 'utf8' },
    );
    const raw = execFileSync(requireTool('ffmpeg'), ['-v', 'error', '-i', file, '-f', 'rawvideo', '-'], {
      maxBuffer: 1 << 28,
    });
    return { stream: JSON.parse(text).streams[0], raw: new Uint8Array(raw) };
  }

  test.each([
    ['rgb24', {}],
    ['gray', { channels: 1 }],
    ['gray16le', { channels: 1, precision: 16 }],
    ['rgba', { channels: 4 }],
  ] as const)('reads %s as it was encoded, from memory and from sinks', async (format, shape) => {
    const sinks = [undefined, new TestSink(), new TestSink()];
    for (const [k, sink] of sinks.entries()) {
      const movie = createMovie({
        timescale: 30000,
        frameDuration: 1001,
        ...(sink ? { sink: k === 1 ? sink : onlyForward(sink) } : {}),
      });
      for (let n = 0; n < 7; n++) await movie.add(frameOf(n, shape));
      const { data } = await movie.finish();
      const { stream, raw } = await probe(sink ? sink.bytes : data);
      expect(stream).toMatchObject({
        codec_name: 'jpeg2000',
        codec_tag_string: 'mjp2',
        width: 24,
        height: 16,
        r_frame_rate: '30000/1001',
        nb_frames: '7',
        nb_read_frames: '7',
        pix_fmt: format,
      });
      const wanted = Buffer.concat(
        Array.from({ length: 7 }, (_, n) => {
          const { buffer } = picture(n, shape).data as Uint8Array;
          return Buffer.from(buffer);
        }),
      );
      expect(Buffer.compare(raw, wanted)).toBe(0);
    }
  });

  test('adds sound, which is skipped, and an edit list, which is told', async () => {
    const source = join(folder, 'silent.mj2');
    writeFileSync(source, await movieOf(5));
    const file = join(folder, 'sound.mov');
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=0.2', '-c:v', 'copy', '-c:a', 'pcm_s16be'];
    execFileSync(requireTool('ffmpeg'), ['-v', 'error', '-y', '-itsoffset', '0.5', '-i', source, ...sound, file]);
    const movie = await openMovie(new Uint8Array(readFileSync(file)));
    expect(movie.otherTracks).toMatchObject([{ handler: 'soun', format: 'twos' }]);
    // about half a second of nothing, then all of it
    expect(movie.tracks[0]!.edits).toMatchObject([{ mediaTime: -1 }, { duration: 200, mediaTime: 0, rate: 1 }]);
    expect(movie.tracks[0]!.edits[0]!.duration / movie.timescale).toBeCloseTo(0.5, 1);
    for (let n = 0; n < 5; n++) {
      expect((await (await movie.tracks[0]!.frame(n)).decode()).data).toEqual(picture(n).data);
    }
  });

  test('muxes movies that are read here', async () => {
    const source = join(folder, 'source.mj2');
    writeFileSync(source, await movieOf(5));
    // in MP4 it hides them behind the object types of MPEG-4 (mp4v), which is another format
    for (const name of ['remuxed.mov', 'encoded.mov']) {
      const file = join(folder, name);
      const codec = name.startsWith('remuxed')
        ? ['-c', 'copy']
        : ['-c:v', 'jpeg2000', '-pred', '1', '-pix_fmt', 'rgb24', '-tag:v', 'mjp2'];
      try {
        execFileSync(requireTool('ffmpeg'), ['-v', 'error', '-y', '-i', source, ...codec, file], { stdio: 'pipe' });
      } catch (error) {
        expect.fail(`${name}: ${(error as { stderr: Buffer }).stderr}`);
      }
      const track = await firstTrack(new Uint8Array(readFileSync(file)));
      expect(track.frameCount).toBe(5);
      for (let n = 0; n < 5; n++) {
        expect((await (await track.frame(n)).decode()).data).toEqual(picture(n).data);
      }
    }
  });
});
