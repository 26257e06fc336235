/**
 * What a JPX file says of one of its compositing layers: the compositing layer header superbox with its colour group,
 * opacity and codestream registration boxes (15444-2 M.11.7).
 *
 * A layer is what a viewer shows: the channels of one codestream, or of several laid over each other, with colours of
 * their own. The n-th of these boxes is the n-th layer; without any, every codestream is a layer. What the box does not
 * say, the JP2 header says for all layers.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, tolerate, writeBox } from './box.ts';
import { type ChannelDefinition, readChannelDefinition, writeChannelDefinition } from './channel-boxes.ts';
import { firstOfEach } from './codestream-header.ts';
import { type ColourSpecification, readColourSpecification, writeColourSpecification } from './colour-specification.ts';
import type { Jp2Header } from './jp2-boxes.ts';
import { readLabel, writeLabel } from './label.ts';
import { readResolutionBoxes, type Resolutions, writeResolutionBoxes } from './resolution.ts';

/** The compositing layer header superbox, as far as it could be read; everything may be missing. */
export interface LayerHeader extends Resolutions {
  /** LBL (15444-2 M.11.13). */
  readonly label: string | undefined;
  /** The colour specifications of its colour group (M.11.7.1). */
  readonly colours: readonly ColourSpecification[] | undefined;
  readonly opacity: Opacity | undefined;
  readonly channelDefinitions: readonly ChannelDefinition[] | undefined;
  readonly registration: Registration | undefined;
}

/** The opacity box (15444-2 M.11.7.6): opacity in the simple cases, instead of a channel definition box. */
export type Opacity =
  | { readonly kind: 'last-channel' | 'last-channel-premultiplied' }
  | {
      readonly kind: 'chroma-key';
      /** NCH: the number of channels. */
      readonly numChannels: number;
      /** CV: the colour that is transparent, one value a channel, each in as many bytes as its depth needs. */
      readonly key: Uint8Array;
    };

/** The codestream registration box (15444-2 M.11.7.7): how codestreams lie on the layer's grid. */
export interface Registration {
  /** XS, YS: points of the grid between two samples of the layer. */
  readonly xs: number;
  readonly ys: number;
  readonly codestreams: readonly RegisteredCodestream[];
}

/** One codestream of a layer. */
export interface RegisteredCodestream {
  /** CDN: its number in the file. */
  readonly codestream: number;
  /** XR, YR: points of the grid between two of its samples. */
  readonly xr: number;
  readonly yr: number;
  /** XO, YO: where its first sample lies. */
  readonly xo: number;
  readonly yo: number;
}

/** Compositing layer header (15444-2 M.11.7). A box in it that cannot be read is reported and left out. */
export function readLayerHeader(box: BoxContent, log: DiagnosticLog): LayerHeader {
  const found = firstOfEach(box, log);
  const resolution = found.get('res ');
  return {
    label: tolerate(log, found.get('lbl '), readLabel),
    colours: tolerate(log, found.get('cgrp'), (group) => readColourGroup(group, log)),
    opacity: tolerate(log, found.get('opct'), readOpacity),
    channelDefinitions: tolerate(log, found.get('cdef'), readChannelDefinition),
    registration: tolerate(log, found.get('creg'), readRegistration),
    ...(resolution
      ? readResolutionBoxes(resolution, log)
      : { captureResolution: undefined, displayResolution: undefined }),
  };
}

/** A whole compositing layer header superbox. */
export function writeLayerHeader(w: ByteWriter, header: LayerHeader): void {
  writeBox(w, 'jplh', () => {
    if (header.label !== undefined) writeLabel(w, header.label);
    const { colours } = header;
    if (colours) {
      writeBox(w, 'cgrp', () => {
        for (const colour of colours) writeColourSpecification(w, colour);
      });
    }
    if (header.opacity) writeOpacity(w, header.opacity);
    if (header.channelDefinitions) writeChannelDefinition(w, header.channelDefinitions);
    if (header.registration) writeRegistration(w, header.registration);
    if (header.captureResolution || header.displayResolution) writeResolutionBoxes(w, header);
  });
}

/** No layer has more colour specifications than this; more would only cost time. */
const MAX_COLOURS = 64;

/** Colour group (15444-2 M.11.7.1): colour specifications of which a reader takes one. */
function readColourGroup(box: BoxContent, log: DiagnosticLog): ColourSpecification[] {
  const colours: ColourSpecification[] = [];
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    if (inner.type !== 'colr' || colours.length === MAX_COLOURS) continue;
    const colour = tolerate(log, inner, readColourSpecification);
    if (colour) colours.push(colour);
  }
  return colours;
}

/** Opacity (15444-2 M.11.7.6). */
export function readOpacity(box: BoxContent): Opacity {
  const clause = '15444-2 M.11.7.6';
  const fields = fieldsOf(box, clause);
  const otyp = fields.u8();
  if (otyp === 0) return { kind: 'last-channel' };
  if (otyp === 1) return { kind: 'last-channel-premultiplied' };
  if (otyp === 2) return { kind: 'chroma-key', numChannels: fields.u8(), key: fields.rest() };
  throw malformed('box-value', `expected an opacity type of 0 to 2, found ${otyp}`, { offset: box.offset, clause });
}

/** A whole opacity box. */
export function writeOpacity(w: ByteWriter, opacity: Opacity): void {
  writeBox(w, 'opct', () => {
    w.u8(opacity.kind === 'last-channel' ? 0 : opacity.kind === 'last-channel-premultiplied' ? 1 : 2);
    if (opacity.kind !== 'chroma-key') return;
    w.u8(opacity.numChannels);
    w.append(opacity.key);
  });
}

/** Codestream registration (15444-2 M.11.7.7): the grid, then six bytes for each codestream. */
export function readRegistration(box: BoxContent): Registration {
  const clause = '15444-2 M.11.7.7';
  const fields = fieldsOf(box, clause);
  const [xs, ys] = [fields.u16(), fields.u16()];
  const codestreams: RegisteredCodestream[] = [];
  while (fields.remaining >= 6) {
    codestreams.push({
      codestream: fields.u16(),
      xr: fields.u8(),
      yr: fields.u8(),
      xo: fields.u8(),
      yo: fields.u8(),
    });
  }
  if (codestreams.length === 0) {
    throw malformed('box-value', 'expected a codestream in a registration, found none', { offset: box.offset, clause });
  }
  return { xs, ys, codestreams };
}

/** A whole codestream registration box. */
export function writeRegistration(w: ByteWriter, { xs, ys, codestreams }: Registration): void {
  writeBox(w, 'creg', () => {
    w.u16(xs);
    w.u16(ys);
    for (const { codestream, xr, yr, xo, yo } of codestreams) {
      w.u16(codestream);
      for (const value of [xr, yr, xo, yo]) w.u8(value);
    }
  });
}

/**
 * The header of a layer's codestream as it holds in that layer: colours, channels and resolution of the layer, where it
 * has any. An opacity box says in short what a channel definition box would; a chroma key has no such form and is left
 * to the caller.
 */
export function headerForLayer(
  codestream: Jp2Header | undefined,
  layer: LayerHeader | undefined,
  numChannels: (header: Jp2Header) => number | undefined,
): Jp2Header | undefined {
  if (!layer) return codestream;
  const merged: Jp2Header = {
    imageHeader: codestream?.imageHeader,
    bitsPerComponent: codestream?.bitsPerComponent,
    palette: codestream?.palette,
    componentMapping: codestream?.componentMapping,
    colours: layer.colours ?? codestream?.colours ?? [],
    channelDefinitions: layer.channelDefinitions ?? codestream?.channelDefinitions,
    captureResolution: layer.captureResolution ?? codestream?.captureResolution,
    displayResolution: layer.displayResolution ?? codestream?.displayResolution,
  };
  const { opacity } = layer;
  const count = numChannels(merged);
  if (!opacity || opacity.kind === 'chroma-key' || layer.channelDefinitions || count === undefined) return merged;
  const type = opacity.kind === 'last-channel' ? 1 : 2;
  const channelDefinitions = Array.from({ length: count }, (_, channel) =>
    channel === count - 1 ? { channel, type, association: 0 } : { channel, type: 0, association: channel + 1 },
  );
  return { ...merged, channelDefinitions };
}
