/**
 * One transcode checked from all sides: by our decoder, packet by packet, and by two decoders that owe us nothing.
 *
 * The other decoders are asked for source and result alike. What one of them makes of the source, right or wrong, it has to make of the
 * result: only then has nothing been lost.
 */
import type { ProgressionChange } from '../../src/codec/codestream/poc.ts';
import {
  decodeSync,
  inspectSync,
  type TranscodeOptions,
  transcodeSync,
  validate,
  type ValidationReport,
} from '../../src/index.ts';
import { planesOf } from '../../conformance/decode-case.ts';
import { decodeWithGrok, decodeWithOpenJpeg } from '../../test/support/openjpeg.ts';
import type { PgxImage } from '../../test/support/pgx.ts';
import { randomFrom } from '../../test/support/random.ts';
import { loadAll } from '../../test/support/rearrange.ts';
import { knownDefectOf, type Oracle } from './exclusions.ts';
import type { Source } from './sources.ts';

const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const;

/** What came of one source. */
export interface Verdict {
  readonly name: string;
  /** Results that were compared with our decoder, and with each of the others. */
  readonly compared: number;
  readonly byOracle: Readonly<Record<Oracle, number>>;
  /** Faults of ours until shown otherwise. */
  readonly faults: readonly string[];
  /** Where another decoder is known to be wrong, with the reason. */
  readonly excluded: readonly string[];
  /** Why another decoder could not be asked: it refuses the source. */
  readonly refused: readonly string[];
}

/** A result that has to decode as its source does. */
interface Task {
  readonly name: string;
  readonly options: TranscodeOptions;
}

/** Checks one source in all five orders and in one more arrangement drawn from `seed`. */
export async function checkSource(source: Source, seed: number, oracles: readonly Oracle[]): Promise<Verdict> {
  const { name, codestream } = source;
  const faults: string[] = [];
  const excluded: string[] = [];
  const refused: string[] = [];
  const byOracle = { opj_decompress: 0, grk_decompress: 0 };
  const image = decodeSync(codestream, { colour: 'native', layout: 'planar' });
  const reference = planesOf(image);
  const { reversible } = inspectSync(codestream);
  const theirs = new Map<Oracle, PgxImage[]>();
  for (const oracle of oracles) {
    try {
      const planes = await DECODERS[oracle](codestream);
      if (planes.length === 0) throw new Error('no samples');
      // one that gets the source wrong may get it wrong in another way when packets come in another order
      if (near(planes, reference)) theirs.set(oracle, planes);
      else refused.push(`${oracle} decodes the source otherwise than we do`);
    } catch (error) {
      refused.push(`${oracle} refuses the source: ${messageOf(error)}`);
    }
  }
  const brokenBefore = brokenRules(await validate(codestream));
  let compared = 0;
  for (const task of tasksOf(codestream, seed)) {
    const fault = (message: string): void => void faults.push(`${task.name}: ${message}`);
    try {
      const { data, status } = transcodeSync(codestream, task.options);
      if (status !== 'complete' && image.status === 'complete') fault('partial');
      const decoded = decodeSync(data, { colour: 'native', layout: 'planar' });
      if (decoded.warnings.length > image.warnings.length) {
        fault(`our decoder complains: ${decoded.warnings[0]!.message}`);
      }
      if (!same(planesOf(decoded), reference)) fault('our decoder sees other samples');
      const broken = [...brokenRules(await validate(data))].filter((rule) => !brokenBefore.has(rule));
      if (broken.length > 0) fault(`not valid: ${broken.join(', ')}`);
      orFault(differingPacket(codestream, data), fault);
      orFault(differingPacket(codestream, transcodeSync(data, wayBack(codestream)).data), (m) =>
        fault(`and back: ${m}`),
      );
      compared++;
      for (const [oracle, expected] of theirs) {
        const found = await DECODERS[oracle](data).catch((error: unknown) => messageOf(error));
        // Grok computes the 9/7 filter in threads that do not always round alike
        const alike = oracle === 'grk_decompress' && !reversible ? near : same;
        if (typeof found !== 'string' && alike(found, expected)) {
          byOracle[oracle]++;
          continue;
        }
        const what = typeof found === 'string' ? found : found.length === 0 ? 'no samples' : 'other samples';
        const known = knownDefectOf(oracle, data, inspectSync(data, { index: true }));
        if (known) excluded.push(`${oracle}: ${known}`);
        else fault(`${oracle}: ${what}`);
      }
    } catch (error) {
      fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
  return { name, compared, byOracle, faults, excluded, refused };
}

const DECODERS: Readonly<Record<Oracle, (codestream: Uint8Array) => Promise<PgxImage[]>>> = {
  opj_decompress: (codestream) => decodeWithOpenJpeg(codestream),
  grk_decompress: (codestream) => decodeWithGrok(codestream),
};

/** All five orders as they are, and a sixth result with marker segments, tile-parts and changes of progression drawn at random. */
function tasksOf(codestream: Uint8Array, seed: number): Task[] {
  const random = randomFrom(seed);
  const plain = PROGRESSIONS.map((progression): Task => ({ name: progression, options: { progression } }));
  const packed = random.pick([{}, { ppm: true, ppt: false }, { ppt: true, ppm: false }, { ppm: false, ppt: false }]);
  const markers = {
    tlm: random.chance(0.5),
    plt: random.chance(0.5),
    plm: random.chance(0.2),
    sop: random.chance(0.5),
    eph: random.chance(0.5),
    ...packed,
  };
  const { levels, layers } = inspectSync(codestream);
  const split = random.int(0, levels);
  const all = { componentStart: 0, componentEnd: 16384, resolutionStart: 0, resolutionEnd: 33, layerEnd: layers };
  const changes: ProgressionChange[] = [
    { ...all, resolutionEnd: split + 1, progression: random.pick(PROGRESSIONS) },
    { ...all, layerEnd: 65535, progression: random.pick(PROGRESSIONS) },
  ];
  const order = random.chance(0.3) ? { progressionChanges: changes } : { progression: random.pick(PROGRESSIONS) };
  const tileParts = random.pick(['none', 'none', 'resolution', 'layer', 'component'] as const);
  const drawn = { ...order, tileParts, markers };
  return [...plain, { name: JSON.stringify(drawn), options: fitting(codestream, drawn) }];
}

/** A tile has at most 255 tile-parts (15444-1 A.4.2), which a cut at each change may pass. */
function fitting(codestream: Uint8Array, options: TranscodeOptions): TranscodeOptions {
  try {
    transcodeSync(codestream, options);
    return options;
  } catch (error) {
    if (error instanceof Error && /tile-parts/.test(error.message)) return { ...options, tileParts: 'none' };
    return options;
  }
}

/** The options that bring the order of the source back. */
function wayBack(codestream: Uint8Array): TranscodeOptions {
  const { main } = loadAll(codestream);
  const { cod, segments } = main;
  const order = segments.poc.length > 0 ? { progressionChanges: segments.poc } : { progression: cod.progression };
  return { ...order, markers: { sop: cod.sop, eph: cod.eph, ppm: false, ppt: false, plm: false } };
}

/** The first packet that is not the same byte for byte. */
function differingPacket(before: Uint8Array, after: Uint8Array): string | undefined {
  const [a, b] = [loadAll(before, true), loadAll(after, true)];
  for (const tile of a.tiles) {
    for (const { component, geometry } of tile.components) {
      for (const { r, numPrecinctsWide, numPrecinctsHigh } of geometry.resolutions) {
        for (let precinct = 0; precinct < numPrecinctsWide * numPrecinctsHigh; precinct++) {
          const key = { tile: tile.tile, component, resolution: r, precinct };
          for (let layer = 0; layer < tile.header.cod.numLayers; layer++) {
            const [p, q] = [a.snapshot.packet(key, layer), b.snapshot.packet(key, layer)];
            const [x, y] = [bytesOf(p), bytesOf(q)];
            if (x === y || (p === undefined && y === EMPTY)) continue;
            return `component ${component}, resolution ${r}, precinct ${precinct}, layer ${layer} of tile ${tile.tile} is another packet`;
          }
        }
      }
    }
  }
  return undefined;
}

/** A packet as text, header and body joined and EPH left out, so that packed headers compare equal with those in line. */
function bytesOf(packet: { readonly header?: Uint8Array; readonly body: Uint8Array } | undefined): string {
  if (packet === undefined) return 'none';
  const header = Buffer.from(packet.header ?? new Uint8Array(0));
  const end = header.length - 2;
  const bare = end >= 0 && header[end] === 0xff && header[end + 1] === 0x92 ? header.subarray(0, end) : header;
  return Buffer.concat([bare, packet.body]).toString('latin1');
}

const EMPTY = '\0';

function same(a: readonly PgxImage[], b: readonly PgxImage[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ data, width, height }, c) => {
      const other = b[c]!;
      return width === other.width && height === other.height && data.every((sample, k) => sample === other.data[k]);
    })
  );
}

/** The same but for what the 9/7 filter may differ by, as `scripts/crosscheck-encoder` explains. */
function near(a: readonly PgxImage[], b: readonly PgxImage[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ data, precision }, c) => {
      const other = b[c]!.data;
      const allowed = 1 + Math.floor(2 ** precision * 1e-4);
      return data.length === other.length && data.every((sample, k) => Math.abs(sample - other[k]!) <= allowed);
    })
  );
}

/** Codes of the rules that a codestream breaks. */
function brokenRules({ findings }: ValidationReport): Set<string> {
  return new Set(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code));
}

function orFault(message: string | undefined, fault: (message: string) => void): void {
  if (message !== undefined) fault(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
