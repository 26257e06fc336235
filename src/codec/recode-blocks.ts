/**
 * Code-blocks from one block coder to the other: Part 1 and high throughput (15444-15), without a change of a coefficient.
 *
 * A code-block is decoded and coded again as far as its passes go. A high-throughput set of a cleanup pass and up to two refinement passes
 * tells as much as the passes of a classic code-block up to one of the same kind do: the cleanup pass of plane p stands for all passes
 * down to that of the same plane, and significance propagation and magnitude refinement of the next plane have the same members in both,
 * as contexts in the same stripes see the same neighbours. So truncated code-blocks can be recoded, too.
 */
import { CLASSIC_STYLES } from './codestream/cod.ts';
import { type BlockCoder, type BlockDecoder, BlockJob } from './decoder/block-jobs.ts';
import type { BlockEncoder, CodeBlockCoefficients, EncodingCoder } from './encoder/block-jobs.ts';
import { unsupported, usage } from './errors.ts';
import { RECORD_NEXT, RECORD_PACKET, RECORD_SIZE } from './tier2/packet-header.ts';
import type { PrecinctBlocks } from './tier2/read-blocks.ts';
import {
  type BlockFacts,
  type BlockRecoder,
  type CoderName,
  type RecodedBlock,
  recodedStyle,
} from './transcode/recoded-block.ts';

/** Coders that a build has. */
export interface Coders {
  readonly coders: readonly BlockCoder[];
  readonly encoders: readonly EncodingCoder[];
}

/** Bit-planes that fit a coefficient of twice the magnitude in 32 bits with sign. */
const MAX_BIT_PLANES = 30;

/** A code-block of which nothing is left. */
function nothing(findings: number): RecodedBlock {
  return { zeroBitPlanes: 0, layer: 0, segments: [], findings };
}

/** Recodes code-blocks one after another. */
export class Recoder implements BlockRecoder {
  private readonly target: CoderName;
  private readonly coders: Coders;
  private readonly job = new BlockJob();
  private readonly decoders = new Map<BlockCoder, BlockDecoder>();
  private readonly encoder: BlockEncoder;
  private readonly plain: CodeBlockCoefficients & { plane?: number; refinements?: 0 | 1 | 2 } = {
    width: 0,
    height: 0,
    subband: 0,
    style: 0,
    coefficients: new Int32Array(4096),
    fractionBits: 0,
    exact: true,
    stopSlope: 0,
    measured: false,
    distortions: false,
  };

  constructor(coders: Coders, target: CoderName) {
    this.coders = coders;
    this.target = target;
    const encoder = coders.encoders.find((one) => one.handles(recodedStyle(0, target)));
    if (encoder === undefined) throw usage('option-value', `no block coder "${target}" in this build`);
    this.encoder = encoder.createEncoder();
  }

  recode(blocks: PrecinctBlocks, number: number, facts: BlockFacts, layers: number): RecodedBlock | undefined {
    const { job, plain, target } = this;
    const { contributions } = blocks;
    job.gather(blocks, number, layers);
    const missing = contributions.zeroBitPlanes[number];
    if (job.numPasses === 0 || job.dataLength === 0) return undefined;
    job.width = facts.width;
    job.height = facts.height;
    job.subband = facts.subband;
    job.magnitudeBits = facts.bitPlanes;
    job.bitPlanes = facts.bitPlanes - missing;
    if (job.bitPlanes > MAX_BIT_PLANES) {
      const message = `${job.bitPlanes} bit-planes in a code-block, ${MAX_BIT_PLANES} are carried`;
      throw unsupported('code-block-depth', message, { clause: '15444-1 E.1' });
    }
    const isClassic = contributions.classicBlocks?.[number] === 1;
    job.style = isClassic ? facts.style & CLASSIC_STYLES : facts.style;
    const q = plain.coefficients;
    const findings = this.decoderFor(job.style).decode(job, q, 0, facts.width);
    // as many of the passes as the bit-planes allow, in the way in which both coders count them
    const passes = Math.min(job.numPasses, 3 * job.bitPlanes - 2);
    if (passes <= 0) return nothing(findings);
    const refinements = ((passes - 1) % 3) as 0 | 1 | 2;
    const plane = job.bitPlanes - 1 - Math.floor((passes - 1) / 3);
    plain.width = facts.width;
    plain.height = facts.height;
    plain.subband = facts.subband;
    plain.style = recodedStyle(facts.style, target);
    const layer = lastLayer(blocks, number, layers);
    if (target === 'ht') {
      toMagnitudes(q, facts.width * facts.height, 1);
      return this.toHighThroughput(facts, plane, refinements, layer, findings);
    }
    // what is coded ends with the plane of the last pass
    const last = refinements > 0 ? plane - 1 : plane;
    toMagnitudes(q, facts.width * facts.height, last + 1);
    return this.toClassic(facts, last, refinements, layer, findings);
  }

  private toHighThroughput(
    facts: BlockFacts,
    plane: number,
    refinements: 0 | 1 | 2,
    layer: number,
    findings: number,
  ): RecodedBlock {
    this.plain.plane = plane;
    this.plain.refinements = refinements;
    const { numPasses, data, passLengths } = this.encoder.encode(this.plain);
    if (numPasses === 0) return nothing(findings);
    const segments = [{ passes: 1, bytes: data.slice(0, passLengths[0]) }];
    if (numPasses > 1)
      segments.push({ passes: numPasses - 1, bytes: data.slice(passLengths[0], passLengths[numPasses - 1]) });
    return { zeroBitPlanes: facts.bitPlanes - 1 - plane, layer, segments, findings };
  }

  private toClassic(
    facts: BlockFacts,
    last: number,
    refinements: 0 | 1 | 2,
    layer: number,
    findings: number,
  ): RecodedBlock {
    const { bitPlanes, numPasses, data, passLengths } = this.encoder.encode(this.plain);
    // the passes of the last plane that were not there
    const passes = refinements === 0 ? numPasses : numPasses - 3 + refinements;
    const missing = facts.bitPlanes - bitPlanes - last;
    if (passes <= 0 || missing < 0) return nothing(findings);
    const bytes = data.slice(0, passLengths[passes - 1]);
    return { zeroBitPlanes: missing, layer, segments: [{ passes, bytes }], findings };
  }

  private decoderFor(style: number): BlockDecoder {
    const coder = this.coders.coders.find((one) => one.handles(style));
    if (coder === undefined) throw usage('option-value', `no block coder for style ${style} in this build`);
    let decoder = this.decoders.get(coder);
    if (decoder === undefined) {
      decoder = coder.createDecoder();
      this.decoders.set(coder, decoder);
    }
    return decoder;
  }
}

/** From twice the middle of an interval to whole magnitudes, in units of 2^(shift - 1). */
function toMagnitudes(q: Int32Array, length: number, shift: number): void {
  for (let k = 0; k < length; k++) {
    const v = q[k];
    q[k] = v < 0 ? -(-v >> shift) : v >> shift;
  }
}

/** The last layer that contributes to a code-block; the result has it whole there. */
function lastLayer({ contributions, bodies }: PrecinctBlocks, number: number, layers: number): number {
  const { first, records } = contributions;
  let layer = 0;
  for (let k = first[number]; k >= 0; k = records[k * RECORD_SIZE + RECORD_NEXT]) {
    const at = records[k * RECORD_SIZE + RECORD_PACKET];
    if (at >= layers || bodies[at] === undefined) break;
    layer = at;
  }
  return layer;
}
