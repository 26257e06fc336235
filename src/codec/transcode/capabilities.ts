/**
 * What a result with high-throughput code-blocks needs of a decoder: CAP and its bit in Rsiz (15444-1 A.5.2, 15444-15 A.3).
 */
import { capOf, PCAP_15, RSIZ_HAS_CAP } from '../codestream/cap.ts';
import { joinTileHeaders, type TileHeader, tileComponentParametersOf } from '../codestream/coding-parameters.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import { arrangementOf, tileHeaderOf, type TranscodePlan } from './headers.ts';
import { endsOf, type TranscodeWork } from './work.ts';

/** Tiles whose headers are looked at together. */
const TILES_AT_ONCE = 256;

/** The main header with CAP as all of its tiles together need it; those have to be looked at, because they may have parameters of their own. */
export function* withCapabilities(plan: TranscodePlan): TranscodeWork<MainHeader> {
  const { main, tiles } = plan;
  const numComponents = main.siz.components.length;
  const seen = new Set<string>();
  const components: ReturnType<typeof tileComponentParametersOf>[] = [];
  const arrangement = arrangementOf(plan, undefined);
  let heterogeneous = arrangement.ppm || arrangement.ppt;
  const note = (tile: TileHeader): void => {
    for (let c = 0; c < numComponents; c++) {
      const parameters = tileComponentParametersOf(main, tile, c);
      const key = JSON.stringify(parameters);
      if (!seen.has(key)) components.push(parameters);
      seen.add(key);
    }
  };
  note(joinTileHeaders(main, 0, []));
  for (let t = 0; t < tiles.length; t += TILES_AT_ONCE) {
    const some = tiles.slice(t, t + TILES_AT_ONCE);
    const ends = yield* endsOf(some.map((tile) => ({ tile, components: [], layers: 0 })));
    for (const [k, number] of some.entries()) {
      const source = ends.tile(number);
      if (source === undefined) continue;
      const tile = tileHeaderOf(plan, t + k, source);
      const { cod, qcd, coc, qcc, rgn, poc } = tile.segments;
      const own = cod !== undefined || qcd !== undefined || coc.size + qcc.size + rgn.size + poc.length > 0;
      heterogeneous ||= own || arrangementOf(plan, source).ppt;
      if (own) note(tile);
    }
  }
  const cap = capOf({ components, heterogeneous });
  const others = main.segments.cap && withoutPart15(main.segments.cap);
  const joined =
    cap && others ? { pcap: (cap.pcap | others.pcap) >>> 0, ccap: joinWords(cap, others) } : (cap ?? others);
  const { cap: _, cpf: __, ...rest } = main.segments;
  const rsiz = joined ? main.siz.rsiz | RSIZ_HAS_CAP : main.siz.rsiz & ~RSIZ_HAS_CAP;
  return { ...main, siz: { ...main.siz, rsiz }, segments: { ...rest, ...(joined ? { cap: joined } : {}) } };
}

type Cap = NonNullable<MainHeader['segments']['cap']>;

/** What other parts of the standard are needed; undefined when there is none. */
function withoutPart15({ pcap, ccap }: Cap): Cap | undefined {
  const rest = (pcap & ~PCAP_15) >>> 0;
  if (rest === 0) return undefined;
  return { pcap: rest, ccap: partsOf(pcap).flatMap((bit, k) => (bit === PCAP_15 ? [] : [ccap[k]])) };
}

/** The words of both, by the bits of Pcap from the highest down. */
function joinWords(a: Cap, b: Cap): number[] {
  return partsOf((a.pcap | b.pcap) >>> 0).map((bit) => {
    const [from, words] = (a.pcap & bit) !== 0 ? [a.pcap, a.ccap] : [b.pcap, b.ccap];
    return words[partsOf(from).indexOf(bit)];
  });
}

/** The bits of Pcap that are set, from the highest down. */
function partsOf(pcap: number): number[] {
  return Array.from({ length: 32 }, (_, k) => (1 << (31 - k)) >>> 0).filter((bit) => (pcap & bit) !== 0);
}
