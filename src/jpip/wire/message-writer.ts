/**
 * Headers of messages, written (15444-9 A.2), and the end of a response (D.3).
 *
 * A header names its class and codestream only where they differ from those of the message before, so the writer remembers
 * one message; one writer serves one response, because this memory starts anew with each (A.2.1). By default the first
 * message names both although it could leave out class 0 and codestream 0: OpenJPEG's decoder starts with no memory at all.
 */
import { JpipError } from '../errors.ts';
import type { MessageHeader } from './message.ts';
import { vbasLength, writeVbas } from './vbas.ts';

/** How a response is to be written. */
export interface MessageWriterOptions {
  /** Class and codestream stand in the first header of the response whatever they are. Default true. */
  readonly explicitFirst?: boolean;
}

/** The top of the first byte of a Bin-ID (Table A.1): which of Class and CSn follow. */
const INHERITED = 0x20;
const WITH_CLASS = 0x40;
const WITH_CLASS_AND_CODESTREAM = 0x60;
/** The bit which says that the body ends with the last byte of its data-bin. */
const LAST_BYTE = 0x10;
/** Identifiers below this fit in the first byte of the Bin-ID. */
const FIRST_ID_VALUES = 0x10;

const NOTHING = new Uint8Array(0);

/** Makes the headers of one response. */
export class MessageWriter {
  private classId = 0;
  private codestream = 0;
  private explicit: boolean;

  constructor(options: MessageWriterOptions = {}) {
    this.explicit = options.explicitFirst ?? true;
  }

  /** The header of the next message; its body goes behind it. */
  header(h: MessageHeader): Uint8Array {
    checkHeader(h);
    const form = this.formOf(h);
    const out = new Uint8Array(lengthInForm(h, form));
    let at = writeBinId(out, h.id, form | (h.last ? LAST_BYTE : 0));
    if (form !== INHERITED) at = writeVbas(out, at, h.classId);
    if (form === WITH_CLASS_AND_CODESTREAM) at = writeVbas(out, at, h.codestream);
    at = writeVbas(out, at, h.offset);
    at = writeVbas(out, at, h.length);
    if (h.aux !== undefined) writeVbas(out, at, h.aux);
    this.classId = h.classId;
    this.codestream = h.codestream;
    this.explicit = false;
    return out;
  }

  /** Bytes that {@link header} would take for this message as the next one; nothing is remembered. */
  headerLength(h: MessageHeader): number {
    return lengthInForm(h, this.formOf(h));
  }

  /** The end of the response; nothing may follow it. */
  eor(reason: number, body: Uint8Array = NOTHING): Uint8Array {
    const out = new Uint8Array(2 + vbasLength(body.length) + body.length);
    out[1] = reason; // after a zero byte, which no header begins with
    out.set(body, writeVbas(out, 2, body.length));
    return out;
  }

  private formOf(h: MessageHeader): number {
    // there is no form with CSn alone, so a new codestream repeats the class
    if (this.explicit || h.codestream !== this.codestream) return WITH_CLASS_AND_CODESTREAM;
    return h.classId === this.classId ? INHERITED : WITH_CLASS;
  }
}

function lengthInForm(h: MessageHeader, form: number): number {
  let length = binIdLength(h.id) + vbasLength(h.offset) + vbasLength(h.length);
  if (form !== INHERITED) length += vbasLength(h.classId);
  if (form === WITH_CLASS_AND_CODESTREAM) length += vbasLength(h.codestream);
  if (h.aux !== undefined) length += vbasLength(h.aux);
  return length;
}

/** Bytes of a Bin-ID: four bits of the identifier in the first, seven in every other. */
function binIdLength(id: number): number {
  let length = 1;
  for (let limit = FIRST_ID_VALUES; id >= limit; limit *= 0x80) length++;
  return length;
}

/** Writes a Bin-ID at the start of `out`; `top` is what stands above the identifier in its first byte. */
function writeBinId(out: Uint8Array, id: number, top: number): number {
  const end = binIdLength(id);
  let rest = id;
  for (let k = end - 1; k > 0; k--) {
    out[k] = (k < end - 1 ? 0x80 : 0) | (rest % 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out[0] = (end > 1 ? 0x80 : 0) | top | rest;
  return end;
}

function checkHeader(h: MessageHeader): void {
  const numbers =
    isCount(h.classId) && isCount(h.codestream) && isCount(h.id) && isCount(h.offset) && isCount(h.length);
  if (!numbers || (h.aux !== undefined && !isCount(h.aux))) {
    throw usage('expected whole numbers from 0 to 2^53 - 1 in a message header');
  }
  if ((h.classId & 1) !== (h.aux === undefined ? 0 : 1)) {
    throw usage(`expected Aux with odd classes and only there, found class ${h.classId}`);
  }
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

function usage(message: string): JpipError {
  return new JpipError('usage', 'option-value', message, { clause: '15444-9 A.2.1' });
}
