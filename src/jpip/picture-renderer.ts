/**
 * Windows as whole picture files: PNG for any browser, JP2 for who keeps what was shown (15444-9 C.7.3).
 *
 * A window is decoded as `Jp2Image.decode` does, to sRGB for PNG, to the stored components for JP2, which is then lossless.
 */
import { crc32 } from '../codec/bits/checksums.ts';
import { joinBytes } from '../codec/bits/join-bytes.ts';
import { containerOf, type Jp2File } from '../codec/fileformat/jp2-file.ts';
import { headerFor } from '../codec/fileformat/jpx-file.ts';
import { emptyMetadata } from '../codec/fileformat/metadata.ts';
import type { RasterImage } from '../codec/image.ts';
import { DEFAULT_LIMITS, type Limits } from '../codec/limits.ts';
import { type Codec, Jp2Image } from '../codec/picture.ts';
import { BytesSource, throwIfAborted } from '../codec/source.ts';
import { JpipError } from './errors.ts';
import type { Renderer, RenderRequest } from './server/host.ts';

/** What a renderer is made of. */
export interface RendererParts {
  readonly codec: Codec;
  /** A picture as a lossless JP2 file. */
  encode(image: RasterImage): Promise<Uint8Array>;
  /** The zlib format (RFC 1950). */
  deflate(bytes: Uint8Array): Promise<Uint8Array>;
  readonly limits?: Partial<Limits>;
}

/** Makes a renderer. */
export function createRenderer({ codec, encode, deflate, limits = {} }: RendererParts): Renderer {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  return {
    types: ['image/png', 'image/jp2'],
    // one after the other: each takes all of a processor, and memory for all of its samples
    render(request) {
      if (waiting >= MOST_WAITING) {
        throw new JpipError('refused', 'server-busy', `${waiting} pictures are being made already`);
      }
      waiting++;
      const made = last.then(() => {
        throwIfAborted(request.signal);
        return make(request);
      });
      last = made.then(
        () => {
          waiting--;
        },
        () => {
          waiting--;
        },
      );
      return made;
    },
  };

  async function make(request: RenderRequest): Promise<Uint8Array> {
    const { type, region, reduce, layers, components, signal } = request;
    const asked = {
      region,
      reduce,
      ...(layers === undefined ? {} : { layers }),
      ...(components === undefined ? {} : { components }),
      ...(signal ? { signal } : {}),
    };
    const image = imageOf(codec, request, { ...DEFAULT_LIMITS, pixels: MOST_SAMPLES, ...limits });
    if (type === 'image/jp2') return encode(await image.decode({ ...asked, colour: 'native' }));
    const colour = components === undefined ? { colour: 'srgb' as const } : {};
    return pngOf(await image.decode({ ...asked, ...colour, sample: 'u8', upsample: 'nearest' }), deflate);
  }
}

/** Samples of a picture at most, where the caller sets no other limit: about 3300 x 3300 in colour. */
const MOST_SAMPLES = 1 << 25;
/** Pictures that are made or wait to be. */
const MOST_WAITING = 64;

function imageOf(codec: Codec, { file, codestream: { number, source } }: RenderRequest, limits: Limits): Jp2Image {
  const codestream = file.codestreams[number];
  const place = { offset: source.main.offset, length: undefined };
  const described: Jp2File = {
    container: codestream.box ? containerOf(file.fileType) : 'codestream',
    fileType: file.fileType,
    codestream: place,
    codestreams: [place],
    header: headerFor(file, codestream),
    metadata: emptyMetadata(),
    boxes: file.boxes,
  };
  const input = new BytesSource(new Uint8Array(0));
  return new Jp2Image({ codec, file: described, source, input, limits, warnings: [] });
}

/** Colour types by the number of channels (PNG 11.2.1). */
const COLOUR_TYPES: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };
const SIGNATURE = /* @__PURE__ */ Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** A picture of eight bits as PNG; of channels that make no colour together, the first. */
export async function pngOf(
  image: RasterImage,
  deflate: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { width, height } = image;
  const channels = COLOUR_TYPES[image.channels] === undefined ? 1 : image.channels;
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, COLOUR_TYPES[channels]);
  return joinBytes([
    SIGNATURE,
    chunkOf('IHDR', new Uint8Array(header.buffer)),
    ...(channels > 2 ? [chunkOf('sRGB', Uint8Array.of(1))] : []), // relative colorimetric
    chunkOf('IDAT', await deflate(filteredRows(samplesOf(image, channels), width * channels, height))),
    chunkOf('IEND', new Uint8Array(0)),
  ]);
}

function samplesOf({ layout, data, planes, channels: all, width, height }: RasterImage, channels: number): Uint8Array {
  if (layout === 'interleaved' && all === channels) return data as Uint8Array;
  const out = new Uint8Array(width * height * channels);
  for (let c = 0; c < channels; c++) {
    const plane = layout === 'interleaved' ? data : (planes?.[c]?.data ?? data);
    const [first, step] = layout === 'interleaved' ? [c, all] : [0, 1];
    for (let k = 0; k < width * height; k++) out[k * channels + c] = plane[first + k * step];
  }
  return out;
}

/** Rows with the filter Up (PNG 9.2), which costs little and suits pictures. */
function filteredRows(samples: Uint8Array, rowBytes: number, height: number): Uint8Array {
  const out = new Uint8Array((rowBytes + 1) * height);
  for (let y = 0; y < height; y++) {
    const to = y * (rowBytes + 1);
    const from = y * rowBytes;
    out[to] = 2;
    for (let k = 0; k < rowBytes; k++) {
      out[to + 1 + k] = samples[from + k] - (y > 0 ? samples[from + k - rowBytes] : 0);
    }
  }
  return out;
}

/** Length, type, contents, checksum of type and contents (PNG 5.3). */
function chunkOf(type: string, content: Uint8Array): Uint8Array {
  const typed = joinBytes([Uint8Array.from(type, (c) => c.charCodeAt(0)), content]);
  const ends = new DataView(new ArrayBuffer(8));
  ends.setUint32(0, content.length);
  ends.setUint32(4, crc32(typed));
  return joinBytes([new Uint8Array(ends.buffer, 0, 4), typed, new Uint8Array(ends.buffer, 4, 4)]);
}
