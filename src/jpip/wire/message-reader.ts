/**
 * Reads the messages of a response from bytes in whatever pieces they arrive (15444-9 A.2, D.3).
 *
 * Headers are read byte by byte into a small state, so that a piece may end anywhere, and bodies are handed on as they come: a
 * message of megabytes is of use long before its end. What is inherited from message to message starts at class 0 and codestream 0
 * with every response. After the end-of-response message nothing is looked at, because there are servers that send rubbish there.
 */
import { joinBytes } from '../../codec/bits/join-bytes.ts';
import { JpipError } from '../errors.ts';
import { DEFAULT_JPIP_LIMITS } from '../limits.ts';
import type { ReadMessage } from './message.ts';
import { vbasStep } from './vbas.ts';

/** What a reader believes. */
export interface MessageReaderOptions {
  /** Bytes of the body of one message at most; a longer one is refused before it is taken. Default 256 MiB. */
  readonly maxMessageBytes?: number;
}

/** What the next byte belongs to. */
type State =
  | 'start'
  | 'id'
  | 'class'
  | 'codestream'
  | 'offset'
  | 'length'
  | 'aux'
  | 'body'
  | 'eor-reason'
  | 'eor-length'
  | 'eor-body'
  | 'ended';

const CLAUSE = '15444-9 A.2.1';

/**
 * Takes the body of one response and gives what its messages carry (15444-9 A.2).
 *
 * @example
 * ```ts
 * const reader = new MessageReader();
 * for await (const bytes of response.body) {
 *   for (const message of reader.push(bytes)) {
 *     if (message.kind === 'eor') console.log('ended for reason', message.reason);
 *     else console.log('bytes', message.offset, 'of data-bin', message.classId, message.id);
 *   }
 * }
 * reader.end();
 * ```
 */
export class MessageReader {
  private readonly maxMessageBytes: number;
  private state: State = 'start';
  /** Found in the middle of pieces that were still good; reported with the call after. */
  private failure: JpipError | undefined;
  private bytesTaken = 0;
  private wholeMessages = 0;

  // the header that is being read
  private form = 0;
  private value = 0;
  private valueBytes = 0;
  private last = false;
  private id = 0;
  private classId = 0;
  private codestream = 0;
  private offset = 0;
  private length = 0;
  private aux = 0;
  private bodyTaken = 0;
  private reason = 0;
  private eorBody: Uint8Array[] = [];

  constructor(options: MessageReaderOptions = {}) {
    this.maxMessageBytes = options.maxMessageBytes ?? DEFAULT_JPIP_LIMITS.messageBytes;
  }

  /** Whole data messages so far; the end of the response is none of them. */
  get messages(): number {
    return this.wholeMessages;
  }

  /** Bytes understood so far, counted from the start of the response. */
  get position(): number {
    return this.bytesTaken;
  }

  /** True once the end-of-response message was read: nothing behind it counts. */
  get ended(): boolean {
    return this.state === 'ended';
  }

  /**
   * Takes the next bytes of the response and gives what they hold. Bodies are views of `bytes`, not copies. What was found before a
   * violation is given first; the violation is thrown by the next call, or by {@link end}.
   */
  push(bytes: Uint8Array): ReadMessage[] {
    if (this.failure) throw this.failure;
    const found: ReadMessage[] = [];
    try {
      this.read(bytes, found);
    } catch (error) {
      if (!(error instanceof JpipError)) throw error;
      this.failure = error;
      if (found.length === 0) throw error;
    }
    return found;
  }

  /** Says that no more bytes come; throws when that is in the middle of a message. A response without its end message is good. */
  end(): void {
    if (this.failure) throw this.failure;
    if (this.state === 'start' || this.state === 'ended') return;
    const inside =
      this.state === 'body' ? `${this.bodyTaken} of ${this.length} bytes of a message` : 'part of a header';
    this.failure = new JpipError('malformed', 'response-cut', `the response ends after ${inside}`, {
      offset: this.bytesTaken,
      clause: CLAUSE,
    });
    throw this.failure;
  }

  private read(bytes: Uint8Array, found: ReadMessage[]): void {
    let at = 0;
    while (at < bytes.length && this.state !== 'ended') {
      if (this.state === 'body' || this.state === 'eor-body') {
        const taken = Math.min(bytes.length - at, this.length - this.bodyTaken);
        this.takeBody(bytes.subarray(at, at + taken), found);
        at += taken;
        this.bytesTaken += taken;
      } else {
        this.takeHeaderByte(bytes[at], found);
        at++;
        this.bytesTaken++;
      }
    }
  }

  private takeHeaderByte(byte: number, found: ReadMessage[]): void {
    if (this.state === 'start') {
      this.begin(byte);
      return;
    }
    if (this.state === 'eor-reason') {
      this.reason = byte;
      this.state = 'eor-length';
      return;
    }
    this.valueBytes++;
    this.value = vbasStep(this.value, byte, this.valueBytes, this.bytesTaken);
    if (byte >= 0x80) return;
    const value = this.value;
    this.value = 0;
    this.valueBytes = 0;
    this.takeField(value, found);
  }

  /** The first byte of a message: top of the Bin-ID (Table A.1), or of an end of response. */
  private begin(byte: number): void {
    if (byte === 0) {
      this.state = 'eor-reason';
      return;
    }
    this.form = (byte >> 5) & 3;
    if (this.form === 0) {
      throw new JpipError(
        'malformed',
        'message-header',
        `expected a message with an indicator of 1, 2 or 3, found a byte of 0x${byte.toString(16).padStart(2, '0')}`,
        { offset: this.bytesTaken, clause: CLAUSE },
      );
    }
    this.last = (byte & 0x10) !== 0;
    this.id = byte & 0x0f;
    if (byte >= 0x80) {
      this.value = this.id;
      this.valueBytes = 1;
      this.state = 'id';
    } else {
      this.state = this.form === 1 ? 'offset' : 'class';
    }
  }

  private takeField(value: number, found: ReadMessage[]): void {
    switch (this.state) {
      case 'id':
        this.id = value;
        this.state = this.form === 1 ? 'offset' : 'class';
        return;
      case 'class':
        this.classId = value;
        this.state = this.form === 3 ? 'codestream' : 'offset';
        return;
      case 'codestream':
        this.codestream = value;
        this.state = 'offset';
        return;
      case 'offset':
        this.offset = value;
        this.state = 'length';
        return;
      case 'length':
        this.takeLength(value);
        if (this.classId % 2 === 1) this.state = 'aux';
        else this.startBody('body', found);
        return;
      case 'aux':
        this.aux = value;
        this.startBody('body', found);
        return;
      default: // eor-length
        this.offset = 0;
        this.takeLength(value);
        this.startBody('eor-body', found);
    }
  }

  private takeLength(length: number): void {
    if (length > this.maxMessageBytes) {
      throw new JpipError(
        'limit',
        'limit-message',
        `a message of ${length} bytes; the limit is ${this.maxMessageBytes}`,
        {
          offset: this.bytesTaken,
        },
      );
    }
    if (this.offset + length > Number.MAX_SAFE_INTEGER) {
      throw new JpipError(
        'malformed',
        'message-length',
        'expected a data-bin of less than 2^53 bytes, found a longer one',
        {
          offset: this.bytesTaken,
          clause: CLAUSE,
        },
      );
    }
    this.length = length;
  }

  private startBody(state: 'body' | 'eor-body', found: ReadMessage[]): void {
    this.state = state;
    this.bodyTaken = 0;
    // without a body there is no next byte to wait for
    if (this.length === 0) this.takeBody(new Uint8Array(0), found);
  }

  private takeBody(body: Uint8Array, found: ReadMessage[]): void {
    const offset = this.offset + this.bodyTaken;
    this.bodyTaken += body.length;
    const endsMessage = this.bodyTaken === this.length;
    if (this.state === 'eor-body') {
      this.eorBody.push(body.slice());
      if (!endsMessage) return;
      found.push({ kind: 'eor', reason: this.reason, body: joinBytes(this.eorBody) });
      this.state = 'ended';
      return;
    }
    found.push({
      kind: 'data',
      classId: this.classId,
      codestream: this.codestream,
      id: this.id,
      offset,
      length: body.length,
      last: this.last && endsMessage,
      // Aux counts what is whole at the end of the message, so before that it says nothing
      ...(this.classId % 2 === 1 && endsMessage ? { aux: this.aux } : {}),
      body,
      endsMessage,
    });
    if (!endsMessage) return;
    this.wholeMessages++;
    this.state = 'start';
  }
}
