/**
 * Lets work go on while whoever wants its results is busy with the last one: a generator runs by itself, and what it has to say waits.
 */

/** Runs `work` by itself. What is taken is everything that came since; `stop` is called when nobody takes any
 * more before its end. */
export async function* pumped<T, R>(work: AsyncGenerator<T, R>, stop: () => void): AsyncGenerator<readonly T[], R> {
  let waiting: T[] = [];
  let wake = (): void => {};
  let end: { readonly value: R } | { readonly error: unknown } | undefined;
  const run = async (): Promise<void> => {
    try {
      let step = await work.next();
      for (; !step.done; step = await work.next()) {
        waiting.push(step.value);
        wake();
      }
      end = { value: step.value };
    } catch (error) {
      end = { error };
    }
    wake();
  };
  const running = run();
  try {
    for (;;) {
      while (waiting.length === 0 && end === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (waiting.length > 0) {
        const taken = waiting;
        waiting = [];
        yield taken;
      } else if (end !== undefined) {
        await running;
        if ('error' in end) throw end.error;
        return end.value;
      }
    }
  } finally {
    if (end === undefined) stop();
  }
}
