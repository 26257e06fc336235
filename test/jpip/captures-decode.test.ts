import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodePicture } from '../../src/codec/decoder/decode.ts';
import { runFrom } from '../../src/codec/decoder/window-decode.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { readJp2File } from '../../src/codec/fileformat/jp2-file.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { readNow } from '../../src/codec/source.ts';
import { numPrecinctsOf } from '../../src/codec/geometry/tile-component.ts';
import { classic } from '../../src/codec/tier1/classic.ts';
import { ht } from '../../src/codec/tier1/ht.ts';
import { numTilesOf } from '../../src/jpip/bins/bin-id.ts';
import { BinCache } from '../../src/jpip/bins/bin-store.ts';
import { type CachedSource, CacheSource, readCachedMainHeader } from '../../src/jpip/client/cache-source.ts';
import { TileBinSource } from '../../src/jpip/client/tile-source.ts';
import { codestreamOf } from '../../src/jpip/client/to-codestream.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import { hostExecutor } from '../../src/platform/host-executor.ts';
import { CAPTURE_SERVERS, type Capture, type CaptureOracle, captureFile, capturesOf } from '../support/captures.ts';
import { decodeWithOpenJpeg } from '../support/openjpeg.ts';
import { describeShared, REQUIRE_ALL } from '../support/shared.ts';
import { findTool } from '../support/tools.ts';

/** Puts the messages of a response into a cache. */
function receive(cache: BinCache, capture: Capture): void {
  const reader = new MessageReader();
  for (const message of reader.push(captureFile(capture)))
    if (message.kind === 'data') cache.add(message, message.body);
}

function sourceOver(cache: BinCache, { csn }: CaptureOracle): CachedSource {
  const main = readCachedMainHeader(cache, csn, DEFAULT_LIMITS, new DiagnosticLog())!;
  const tileBins = [...cache.bins()].some(({ codestream, classId }) => codestream === csn && classId === 4);
  return tileBins ? new TileBinSource(cache, csn, main, DEFAULT_LIMITS) : new CacheSource(cache, csn, main);
}

/** Every sample of every component, one component after the other. */
async function decodeAll(source: CachedSource, reduce: number) {
  const log = new DiagnosticLog();
  const file = readNow(readJp2File(log, DEFAULT_LIMITS), Uint8Array.of(0xff, 0x4f, 0xff, 0x51, 0, 0, 0, 0, 0, 0, 0, 0));
  const tools = { coders: [classic, ht], channels: undefined, executor: hostExecutor };
  const options = { reduce, layout: 'planar', colour: 'native' } as const;
  const work = decodePicture({ source, file }, options, tools, DEFAULT_LIMITS, log);
  return (await runFrom(work, source, hostExecutor, DEFAULT_LIMITS)).image;
}

/** How many precincts are held whole, in part, and not at all. */
function countPrecincts(source: CachedSource) {
  const counts = { full: 0, partial: 0, empty: 0 };
  for (let tile = 0; tile < numTilesOf(source.main); tile++) {
    const geometry = source.geometryOf(tile);
    const components = geometry.components.map(({ component, geometry: own }) => ({
      component,
      resolutions: own.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    }));
    const snapshot = source.loadSync([{ tile, components, layers: 65535 }]);
    for (const { component, geometry: own } of geometry.components) {
      for (const { r: resolution, ...level } of own.resolutions) {
        for (let precinct = 0; precinct < numPrecinctsOf({ r: resolution, ...level }); precinct++) {
          const held = snapshot.get({ tile, component, resolution, precinct });
          const packets = held?.packets.length ?? 0;
          if (packets === 0) counts.empty++;
          else if (packets < geometry.header.cod.numLayers) counts.partial++;
          else counts.full++;
        }
      }
    }
  }
  return counts;
}

/** The oracle's samples: kept, or made again by the same program from the same bytes. */
async function referenceOf(capture: Capture, oracle: CaptureOracle, codestream: Uint8Array): Promise<Uint8Array> {
  if (oracle.decodedFile) return gunzipSync(captureFile(capture, oracle.decodedFile));
  const planes = await decodeWithOpenJpeg(codestream, { reduce: oracle.reduce });
  const samples = Uint8Array.from(planes.flatMap(({ data }) => [...data]));
  expect(sha256(samples)).toBe(oracle.decodedPlanarU8Sha256);
  return samples;
}

function expectClose(found: ArrayLike<number>, reference: Uint8Array): void {
  expect(found.length).toBe(reference.length);
  let most = 0;
  for (let k = 0; k < reference.length; k++) most = Math.max(most, Math.abs(found[k]! - reference[k]!));
  expect(most).toBeLessThanOrEqual(1);
}

function sha256({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}

describeShared('jpip-captures', 'what real servers sent', () => {
  for (const server of CAPTURE_SERVERS) {
    const caches = new Map<string, BinCache>();
    for (const capture of capturesOf(server)) {
      // without a channel each response stands alone, and a new channel begins with nothing
      const stateless = !/(^|&)cid=/.test(capture.query);
      const name = `${capture.scenario} ${capture.connection} ${stateless ? capture.id : 'session'}`;
      const cache = caches.get(name) ?? new BinCache(name);
      if (/(^|&)cnew=/.test(capture.query)) caches.set(`${capture.scenario} ${capture.connection} session`, cache);
      if (capture.status !== 200) continue;
      const { expect: oracle } = capture;
      const title = `${server} ${capture.id}, ${capture.scenario} step ${capture.step}`;
      if (oracle === undefined) {
        test(`is taken in: ${title}`, () => void receive(cache, capture));
        continue;
      }
      const needsProgram = !oracle.reversible && !oracle.decodedFile;
      const can = !needsProgram || REQUIRE_ALL || findTool('opj_decompress') !== undefined;
      test.skipIf(!can)(`decodes as the oracle says: ${title}`, async () => {
        receive(cache, capture);
        const source = sourceOver(cache, oracle);
        const counts = countPrecincts(source);
        const damaged = source.takeDamaged();
        const image = await decodeAll(source, oracle.reduce);
        expect([image.width, image.height, image.channels]).toEqual([oracle.width, oracle.height, oracle.components]);
        if (oracle.precincts) {
          const { corrupt, ...held } = oracle.precincts;
          expect({ ...counts, corrupt: damaged.length }).toEqual({ ...held, corrupt: corrupt.length });
        }
        const assembled = await codestreamOf(source, DEFAULT_LIMITS, hostExecutor);
        // a JPT-stream's tile-parts were put together as they were
        if (oracle.precincts) expect(sha256(assembled)).toBe(oracle.assembledCodestreamSha256);
        if (oracle.reversible) expect(sha256(image.data)).toBe(oracle.decodedPlanarU8Sha256);
        else expectClose(image.data, await referenceOf(capture, oracle, assembled));
      });
    }
  }
});
