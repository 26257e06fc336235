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

/**
 * Makes the headers of one response (15444-9 A.2).
 *
 * @example
 * ```ts
 * const writer = new MessageWriter();
 * const header = writer.header({ classId: BIN_CLASS.mainHeader, codestream: 0, id: 0, offset: 0, length: bytes.length, last: true });
 * send(header, bytes, writer.eor(EOR_REASON.windowDone));
 * ```
 */
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
    const out = new Uint8Array(this.headerLength(h));
    this.put(out, 0, h.classId, h.codestream, h.id, h.offset, h.length, h.last, h.aux);
    return out;
  }

  /** Bytes that {@link header} would take for this message as the next one; nothing is remembered. */
  headerLength(h: MessageHeader): number {
    return this.lengthOf(h.classId, h.codestream, h.id, h.offset, h.length, h.aux);
  }

  /**
   * {@link header} for who writes thousands of messages: it goes to `out` at `at`, the fields are not checked, and nothing is
   * allocated. Returns the place behind it.
   */
  put(
    out: Uint8Array,
    at: number,
    classId: number,
    codestream: number,
    id: number,
    offset: number,
    length: number,
    last: boolean,
    aux: number | undefined,
  ): number {
    const form = this.formOf(classId, codestream);
    let next = writeBinId(out, at, id, form | (last ? LAST_BYTE : 0));
    if (form !== INHERITED) next = writeVbas(out, next, classId);
    if (form === WITH_CLASS_AND_CODESTREAM) next = writeVbas(out, next, codestream);
    next = writeVbas(out, next, offset);
    next = writeVbas(out, next, length);
    if (aux !== undefined) next = writeVbas(out, next, aux);
    this.classId = classId;
    this.codestream = codestream;
    this.explicit = false;
    return next;
  }

  /** {@link headerLength} for {@link put}. */
  lengthOf(
    classId: number,
    codestream: number,
    id: number,
    offset: number,
    length: number,
    aux: number | undefined,
  ): number {
    const form = this.formOf(classId, codestream);
    let sum = binIdLength(id) + vbasLength(offset) + vbasLength(length);
    if (form !== INHERITED) sum += vbasLength(classId);
    if (form === WITH_CLASS_AND_CODESTREAM) sum += vbasLength(codestream);
    if (aux !== undefined) sum += vbasLength(aux);
    return sum;
  }

  /** The end of the response; nothing may follow it. */
  eor(reason: number, body: Uint8Array = NOTHING): Uint8Array {
    const out = new Uint8Array(2 + vbasLength(body.length) + body.length);
    out[1] = reason; // after a zero byte, which no header begins with
    out.set(body, writeVbas(out, 2, body.length));
    return out;
  }

  private formOf(classId: number, codestream: number): number {
    // there is no form with CSn alone, so a new codestream repeats the class
    if (this.explicit || codestream !== this.codestream) return WITH_CLASS_AND_CODESTREAM;
    return classId === this.classId ? INHERITED : WITH_CLASS;
  }
}

/** Bytes of a Bin-ID: four bits of the identifier in the first, seven in every other. */
function binIdLength(id: number): number {
  let length = 1;
  for (let limit = FIRST_ID_VALUES; id >= limit; limit *= 0x80) length++;
  return length;
}

/** Writes a Bin-ID at `at`; `top` is what stands above the identifier in its first byte. Returns the place behind it. */
function writeBinId(out: Uint8Array, at: number, id: number, top: number): number {
  const length = binIdLength(id);
  let rest = id;
  for (let k = length - 1; k > 0; k--) {
    out[at + k] = (k < length - 1 ? 0x80 : 0) | (rest % 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out[at] = (length > 1 ? 0x80 : 0) | top | rest;
  return at + length;
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
