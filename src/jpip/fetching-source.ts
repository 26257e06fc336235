/** Where the client engine meets the decoder: a source of packets that brings in what it is asked for. */
import { reductionOf } from '../codec/decoder/decode-plan.ts';
import { canvasRegion } from '../codec/decoder/options.ts';
import { usage } from '../codec/errors.ts';
import type { LoadOptions, PacketEnds, PrecinctPlan, PrecinctSource } from '../codec/packets/precinct-source.ts';
import type { CachedSource } from './client/cache-source.ts';
import type { JpipClient } from './client/client.ts';
import type { ViewWindow } from './client/need.ts';
import type { JpipDecodeOptions } from './image-options.ts';

/** A source that brings in what a decode finds missing, before it gives what there is. */
export class FetchingSource implements PrecinctSource {
  readonly main: PrecinctSource['main'];
  private readonly source: CachedSource;
  private readonly client: JpipClient;
  private readonly window: ViewWindow;

  constructor(source: CachedSource, client: JpipClient, window: ViewWindow) {
    this.main = source.main;
    this.source = source;
    this.client = client;
    this.window = window;
  }

  async load(plan: PrecinctPlan, options: LoadOptions = {}) {
    await drained(this.client.fetch(this.window, { plan, signal: options.signal }));
    return this.source.load(plan);
  }

  packetEnds(plan: PrecinctPlan): Promise<PacketEnds> {
    return this.source.packetEnds(plan);
  }
}

/** The window that a decode is about. */
export function windowOf(source: PrecinctSource, options: JpipDecodeOptions, codestream: number): ViewWindow {
  const { region, layers, components } = options;
  const { length } = source.main.siz.components;
  const beyond = components?.find((c) => c >= length);
  if (beyond !== undefined) throw usage('component-missing', `component ${beyond} of ${length}`);
  return {
    codestreams: [codestream],
    reduce: reductionOf(source, canvasRegion(source.main.siz, region), options),
    ...(region ? { region } : {}),
    ...(layers === undefined ? {} : { layers }),
    ...(components ? { components } : {}),
  };
}

/** Takes everything, and makes nothing of it. */
export async function drained(updates: AsyncGenerator<unknown, unknown>): Promise<void> {
  for await (const _ of updates);
}
