/**
 * A transcode as a generator: it asks for packets and hands out bytes, and whoever drives it decides how both are done, with waiting
 * or without.
 */
import type { PacketEnds, PrecinctPlan, PrecinctSnapshot } from '../packets/precinct-source.ts';

/** What a transcode asks for next: lengths of packets, packets, or to write. With nothing asked for it is a moment to pause. */
export interface TranscodeStep {
  readonly ends?: PrecinctPlan;
  readonly load?: PrecinctPlan;
  readonly write?: Uint8Array;
}

/** The answer to a step: what was asked for, or nothing. */
export type TranscodeReply = PacketEnds | PrecinctSnapshot | undefined;

/** A transcode, or a part of one. */
export type TranscodeWork<T> = Generator<TranscodeStep, T, TranscodeReply>;

/** Asks for the lengths of packets. */
export function* endsOf(plan: PrecinctPlan): TranscodeWork<PacketEnds> {
  return (yield { ends: plan }) as PacketEnds;
}

/** Asks for packets. */
export function* loaded(plan: PrecinctPlan): TranscodeWork<PrecinctSnapshot> {
  return (yield { load: plan }) as PrecinctSnapshot;
}

/** Asks for packets where their headers say they are, whatever PLT says. */
export function* loadedExactly(plan: PrecinctPlan): TranscodeWork<PrecinctSnapshot> {
  yield* endsOf(plan);
  return yield* loaded(plan);
}
