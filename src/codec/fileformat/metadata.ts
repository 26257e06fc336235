/**
 * What a file says beside the picture: XML, UUID, UUID info and association boxes (15444-1 I.7; 15444-2 M.11.18).
 *
 * Texts come out as strings and binary contents as bytes; nothing here is interpreted. GML in JP2 (OGC 05-047) nests
 * labelled association boxes, and its root instance is found by that label.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, Jpeg2000Error } from '../errors.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, writeBox } from './box.ts';
import { formatUuid, UUID_NAMES, type UuidName } from './box-names.ts';
import { readLabel } from './label.ts';
import { decodeUtf8, decodeXmlText, encodeUtf8 } from './utf8.ts';

/** Contents of a UUID box (15444-1 I.7.2). */
export interface UuidBox {
  /** The UUID in canonical form, lower case with hyphens. */
  readonly id: string;
  /** What it is known to carry, if it is a well-known one. */
  readonly name: UuidName | undefined;
  readonly data: Uint8Array;
}

/** Contents of a UUID info box (15444-1 I.7.3): where to read about some UUIDs. */
export interface UuidInfoBox {
  readonly ids: readonly string[];
  readonly url: string | undefined;
}

/** An XML box inside association boxes, with the labels that lead to it, outermost first (15444-2 M.11.18). */
export interface LabelledXml {
  readonly labels: readonly string[];
  readonly xml: string;
}

/** Everything a file says beside the picture, in file order. */
export interface Metadata {
  /** XML boxes that stand alone. */
  readonly xml: readonly string[];
  readonly uuids: readonly UuidBox[];
  readonly uuidInfos: readonly UuidInfoBox[];
  /** XML boxes inside association boxes. */
  readonly labelledXml: readonly LabelledXml[];
  /** The root instance of GML in JP2. */
  readonly gml: string | undefined;
  /** The intellectual property box, whose contents no standard defines (15444-1 I.6). */
  readonly intellectualProperty: Uint8Array | undefined;
}

/** Metadata being collected. */
export interface MetadataCollector {
  readonly xml: string[];
  readonly uuids: UuidBox[];
  readonly uuidInfos: UuidInfoBox[];
  readonly labelledXml: LabelledXml[];
  gml: string | undefined;
  intellectualProperty: Uint8Array | undefined;
}

/** A collector that holds nothing yet. */
export function emptyMetadata(): MetadataCollector {
  return { xml: [], uuids: [], uuidInfos: [], labelledXml: [], gml: undefined, intellectualProperty: undefined };
}

/** Labels of GML in JP2 (OGC 05-047r3 7.1): everything geographic, and the document that says where the picture is. */
const GML_DATA = 'gml.data';
const GML_INSTANCE = 'gml.root-instance';

/** Box types that {@link collectMetadata} understands. */
export const METADATA_BOXES: ReadonlySet<string> = new Set(['xml ', 'uuid', 'uinf', 'asoc', 'jp2i']);

/** Boxes that hold boxes, as far as they are looked into. */
export const SUPERBOXES: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...['jp2h', 'res ', 'uinf', 'asoc', 'jpch', 'jplh', 'cgrp', 'ftbl', 'comp'],
]);

/** Association boxes nest no deeper than this in any file that means well; GML in JP2 needs three levels. */
export const MAX_DEPTH = 16;

/** Takes one metadata box into the collection. A box that cannot be read is reported and left out. */
export function collectMetadata(metadata: MetadataCollector, box: BoxContent, log: DiagnosticLog): void {
  try {
    if (box.type === 'xml ') metadata.xml.push(decodeXmlText(box.content));
    else if (box.type === 'uuid') metadata.uuids.push(readUuid(box));
    else if (box.type === 'uinf') metadata.uuidInfos.push(readUuidInfo(box, log));
    else if (box.type === 'jp2i') metadata.intellectualProperty ??= box.content;
    else if (box.type === 'asoc') collectAssociation(metadata, box, [], 1, log);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    log.add(error.code, `box '${box.type}' is ignored: ${error.reason}`, { offset: box.offset, clause: error.clause });
  }
}

/** UUID box (15444-1 I.7.2): sixteen bytes of name, then whatever its owner wants. */
export function readUuid(box: BoxContent): UuidBox {
  const fields = fieldsOf(box, '15444-1 I.7.2');
  const id = formatUuid(fields.slice(16));
  return { id, name: UUID_NAMES[id], data: fields.rest() };
}

/** A whole XML box (15444-1 I.7.1). */
export function writeXml(w: ByteWriter, xml: string): void {
  writeBox(w, 'xml ', () => w.append(encodeUtf8(xml)));
}

/** A whole UUID box around sixteen bytes of name and the data. */
export function writeUuid(w: ByteWriter, id: Uint8Array, data: Uint8Array): void {
  writeBox(w, 'uuid', () => {
    w.append(id);
    w.append(data);
  });
}

/** The association boxes of GML in JP2 around a document (OGC 05-047r3 7.1; 15444-2 M.11.18). */
export function writeGml(w: ByteWriter, gml: string): void {
  const label = (name: string) => writeBox(w, 'lbl ', () => w.text(name));
  writeBox(w, 'asoc', () => {
    label(GML_DATA);
    writeBox(w, 'asoc', () => {
      label(GML_INSTANCE);
      writeXml(w, gml);
    });
  });
}

/** UUID info superbox (15444-1 I.7.3): a list of UUIDs and a URL. */
export function readUuidInfo(box: BoxContent, log: DiagnosticLog): UuidInfoBox {
  const ids: string[] = [];
  let url: string | undefined;
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    const fields = fieldsOf(inner, '15444-1 I.7.3');
    if (inner.type === 'ulst') {
      const count = fields.u16();
      for (let k = 0; k < count; k++) ids.push(formatUuid(fields.slice(16)));
    } else if (inner.type === 'url ') {
      fields.slice(4); // VERS and FLAG, both zero
      url ??= decodeUtf8(fields.rest()).replace(/\0.*$/s, ''); // a null-terminated string
    }
  }
  return { ids, url };
}

/**
 * An association box: a label says what the boxes beside it, among them further associations, are (15444-2 M.11.18).
 */
function collectAssociation(
  metadata: MetadataCollector,
  box: BoxContent,
  outer: readonly string[],
  depth: number,
  log: DiagnosticLog,
): void {
  let labels = outer;
  let labelled = false;
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    if (inner.type === 'lbl ' && !labelled) {
      labels = [...outer, readLabel(inner)];
      labelled = true;
    } else if (inner.type === 'xml ') {
      const xml = decodeXmlText(inner.content);
      metadata.labelledXml.push({ labels, xml });
      if (labels.at(-1) === GML_INSTANCE) metadata.gml ??= xml;
    } else if (inner.type === 'uuid') {
      collectMetadata(metadata, inner, log);
    } else if (inner.type === 'asoc') {
      if (depth < MAX_DEPTH) collectAssociation(metadata, inner, labels, depth + 1, log);
    }
  }
}
