/** Sinks in memory that count what is asked of them, and fail where they are told to. */
import type { ByteSink } from '../../src/codec/sink.ts';

/** Where and how a sink fails. */
export interface SinkFailure {
  readonly failIn?: keyof TestSink['calls'];
  readonly how?: 'throw' | 'reject';
}

/** A sink that keeps the bytes. */
export class TestSink implements Required<Omit<ByteSink, 'letsGo'>> {
  readonly calls = { write: 0, patch: 0, close: 0, abort: 0 };
  readonly failure = new Error('disk full');
  /** What `abort` was told. */
  reason: unknown;
  private readonly options: SinkFailure;
  private parts: Uint8Array[] = [];

  constructor(options: SinkFailure = {}) {
    this.options = options;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }

  write(bytes: Uint8Array): void | Promise<void> {
    this.parts.push(bytes);
    return this.called('write');
  }

  patch(offset: number, bytes: Uint8Array): void | Promise<void> {
    const whole = this.bytes;
    whole.set(bytes, offset);
    this.parts = [whole];
    return this.called('patch');
  }

  close(): void | Promise<void> {
    return this.called('close');
  }

  abort(reason: unknown): void | Promise<void> {
    this.reason = reason;
    return this.called('abort');
  }

  private called(name: keyof TestSink['calls']): void | Promise<void> {
    this.calls[name]++;
    if (this.options.failIn !== name) return undefined;
    if (this.options.how === 'reject') return Promise.reject(this.failure);
    throw this.failure;
  }
}

/** The same without a way back. */
export function onlyForward(sink: TestSink): ByteSink {
  return { write: (bytes) => sink.write(bytes), close: () => sink.close(), abort: (reason) => sink.abort(reason) };
}
