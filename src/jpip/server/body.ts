/** A response body that cleans up after itself however it ends: taken to the end, broken off, failed, or never begun. */

/** What a body is made from. */
export interface BodyParts {
  /** The next bytes; `undefined` at the end. */
  readonly next: () => Promise<Uint8Array | undefined>;
  /** Called once, when nothing is taken any more: how many bytes were, and what went wrong, if something did. */
  readonly end: (bytes: number, error: unknown) => Promise<void> | void;
}

/** Makes a body. An async generator would not do: one that was never begun does not run its `finally`. */
export function bodyOf({ next, end }: BodyParts): AsyncIterableIterator<Uint8Array> {
  let bytes = 0;
  let ended = false;
  const finish = async (error?: unknown): Promise<void> => {
    if (ended) return;
    ended = true;
    await end(bytes, error);
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (ended) return { done: true, value: undefined };
      try {
        const value = await next();
        if (value !== undefined) {
          bytes += value.length;
          return { done: false, value };
        }
      } catch (error) {
        await finish(error);
        throw error;
      }
      await finish();
      return { done: true, value: undefined };
    },
    async return() {
      await finish();
      return { done: true, value: undefined };
    },
  };
}

/** A body of one piece. */
export async function* bodyOfBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
