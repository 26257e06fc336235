/** Servers that answer whatever a test makes up, after the ordinary ones have done their part. */
import { joinBytes } from '../../src/codec/bits/join-bytes.ts';
import type { FetchLike, JpipClientOptions } from '../../src/jpip-client.ts';
import { EOR_REASON, type MessageHeader } from '../../src/jpip/wire/message.ts';
import { MessageWriter } from '../../src/jpip/wire/message-writer.ts';
import { openIt, TestServer } from './jpip-client.ts';

/** A message as a test writes it. */
export type OddMessage = Partial<MessageHeader> & { readonly body?: Uint8Array };

/** The bytes of a response. */
export function responseOf(messages: Iterable<OddMessage>, reason: number = EOR_REASON.byteLimit): Uint8Array {
  const writer = new MessageWriter();
  const parts: Uint8Array[] = [];
  for (const { body = new Uint8Array(0), ...header } of messages) {
    const plain = { classId: 0, codestream: 0, id: 0, offset: 0, last: false };
    parts.push(writer.header({ ...plain, ...header, length: body.length }), body);
  }
  return joinBytes([...parts, writer.eor(reason)]);
}

/** An answer with these bytes. */
export function answerOf(bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): ReturnType<FetchLike> {
  const given: Readonly<Record<string, string>> = { 'content-type': 'image/jpp-stream', ...headers };
  return Promise.resolve({
    status: 200,
    headers: { get: (name) => given[name.toLowerCase()] ?? null },
    arrayBuffer: async () => new Uint8Array(bytes).buffer,
  });
}

/** A picture that was opened as it should be, and after which the server says only what `odd` says. */
export async function openThenOdd(
  file: Uint8Array,
  odd: (request: number, query: string) => Uint8Array,
  options: JpipClientOptions = {},
) {
  const server = new TestServer({ 'a.jp2': file });
  let requests = 0;
  let isOdd = false;
  const fetch: FetchLike = (url, init) => (isOdd ? answerOf(odd(requests++, url)) : server.fetch(url, init));
  const opened = await openIt('http://here/a.jp2', { fetch, mode: 'stateless', ...options });
  isOdd = true;
  return { ...opened, requests: () => requests };
}
