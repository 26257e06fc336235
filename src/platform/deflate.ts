/** The zlib format by the platform's own compressor. */

/** Compresses (RFC 1950). */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new CompressionStream('deflate');
  const writer = stream.writable.getWriter();
  const done = writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => writer.close());
  const [packed] = await Promise.all([new Response(stream.readable).arrayBuffer(), done]);
  return new Uint8Array(packed);
}
