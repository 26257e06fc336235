/** Work that gives its results one by one, as something to loop over. */

/** Takes one result; the promise that it returns is settled when the next one is wanted. */
export type Taker<T> = (value: T) => Promise<void>;

/** Why work ends when nobody wants its results any more. */
class NobodyListens extends Error {}

/**
 * Runs work and yields what it hands over. The work waits while a result is being looked at; leaving the loop ends it where it waits.
 */
export async function* handedOver<T>(work: (take: Taker<T>) => Promise<void>): AsyncGenerator<T> {
  let wake = (): void => {};
  let goOn = (): void => {};
  let giveUp = (_: unknown): void => {};
  let ready: { readonly value: T } | undefined;
  let end: { readonly error?: unknown } | undefined;
  const running = work(
    (value) =>
      new Promise((resolve, reject) => {
        ready = { value };
        goOn = resolve;
        giveUp = reject;
        wake();
      }),
  ).then(
    () => {
      end = {};
      wake();
    },
    (error) => {
      end = { error };
      wake();
    },
  );
  try {
    for (;;) {
      if (ready === undefined && end === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (ready !== undefined) {
        const { value } = ready;
        yield value;
        ready = undefined;
        goOn();
      } else if (end !== undefined) {
        if ('error' in end) throw end.error;
        return;
      }
    }
  } finally {
    giveUp(new NobodyListens());
    await running;
  }
}
