/**
 * What has to be said of a codestream and its layer beside a JP2 header that is for all of them (15444-2 M.11.6,
 * M.11.7): the way back of `headerForCodestream` and `headerForLayer`.
 *
 * Boxes can be added or replaced for one codestream, but not taken away. Where the header for all has a palette and this
 * codestream has none, a component mapping says that every component stands for itself; where it has channel definitions,
 * the definitions that hold without are said. A resolution cannot be unsaid at all, so the header for all must not have
 * one that does not hold for all.
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import {
  type ChannelDefinition,
  writeChannelDefinition,
  writeComponentMapping,
  writePalette,
} from './channel-boxes.ts';
import type { CodestreamHeader } from './codestream-header.ts';
import { type ColourSpecification, writeColourSpecification } from './colour-specification.ts';
import { readIccHeader } from './icc-header.ts';
import { writeBitsPerComponent, writeImageHeader } from './image-header.ts';
import type { Jp2Header } from './jp2-boxes.ts';
import type { LayerHeader } from './layer-header.ts';
import { writeResolutionBoxes } from './resolution.ts';

/** The two headers beside the one for all, with nothing in them that it says already. */
export interface OwnHeaders {
  readonly codestream: CodestreamHeader;
  readonly layer: LayerHeader;
}

/** What `own` says and `common` does not. */
export function headersBeside(common: Jp2Header, own: Jp2Header): OwnHeaders {
  const imageHeader = own.imageHeader && differs(common.imageHeader, own.imageHeader, writeImageHeader);
  const depths = differs(common.bitsPerComponent, own.bitsPerComponent, writeBitsPerComponent);
  const numComponents = own.imageHeader?.numComponents ?? 0;
  const unmapped = own.palette === undefined && own.componentMapping === undefined;
  const mapping =
    unmapped && common.componentMapping
      ? Array.from({ length: numComponents }, (_, component) => ({ component, paletteColumn: undefined }))
      : own.componentMapping;
  const numChannels = mapping?.length ?? numComponents;
  const definitions =
    own.channelDefinitions ?? (common.channelDefinitions ? definitionsUnsaid(numChannels, own.colours) : undefined);
  const coloursDiffer = bytesOf(common.colours, writeColours) !== bytesOf(own.colours, writeColours);
  const resolutionDiffers = bytesOf(common, writeResolutionBoxes) !== bytesOf(own, writeResolutionBoxes);
  return {
    codestream: {
      label: undefined,
      imageHeader,
      // an image header of its own hides the depths for all
      bitsPerComponent: depths ?? (imageHeader ? own.bitsPerComponent : undefined),
      palette: differs(common.palette, own.palette, writePalette),
      componentMapping: differs(common.componentMapping, mapping, writeComponentMapping),
    },
    layer: {
      label: undefined,
      colours: coloursDiffer ? own.colours : undefined,
      opacity: undefined,
      channelDefinitions: differs(common.channelDefinitions, definitions, writeChannelDefinition),
      registration: undefined,
      captureResolution: resolutionDiffers ? own.captureResolution : undefined,
      displayResolution: resolutionDiffers ? own.displayResolution : undefined,
    },
  };
}

/** Whether two headers have the same resolution boxes. */
export function sameResolution(a: Jp2Header, b: Jp2Header): boolean {
  return bytesOf(a, writeResolutionBoxes) === bytesOf(b, writeResolutionBoxes);
}

type Write<T> = (w: ByteWriter, value: T) => void;

/** `own`, where it is there and its box is not the same as that of `common`. */
function differs<T>(common: T | undefined, own: T | undefined, write: Write<T>): T | undefined {
  if (own === undefined) return undefined;
  return common !== undefined && bytesOf(common, write) === bytesOf(own, write) ? undefined : own;
}

/** What is written, as a string that can be compared. */
function bytesOf<T>(value: T, write: Write<T>): string {
  const w = new ByteWriter();
  write(w, value);
  return w.take().join();
}

const writeColours: Write<readonly ColourSpecification[]> = (w, colours) => {
  for (const colour of colours) writeColourSpecification(w, colour);
};

/** What holds of channels where nothing is said: colours in their order, what is more is unspecified (I.5.3.6). */
function definitionsUnsaid(numChannels: number, colours: readonly ColourSpecification[]): ChannelDefinition[] {
  const numColours = Math.min(numChannels, numColoursOf(colours[0]) ?? numChannels);
  return Array.from({ length: numChannels }, (_, channel) =>
    channel < numColours
      ? { channel, type: 0, association: channel + 1 }
      : { channel, type: 65535, association: 65535 },
  );
}

/** Colours of a space by EnumCS (15444-1 Table I.10; 15444-2 Table M.25) or profile. */
function numColoursOf(colour: ColourSpecification | undefined): number | undefined {
  if (colour?.method === 'restricted-icc' || colour?.method === 'any-icc') return readIccHeader(colour.icc)?.numColours;
  if (colour?.method !== 'enumerated') return undefined;
  if (colour.enumerated === 17 || colour.enumerated === 0 || colour.enumerated === 15) return 1;
  return colour.enumerated === 12 || colour.enumerated === 13 ? 4 : 3;
}
