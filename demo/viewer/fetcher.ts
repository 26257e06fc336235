/**
 * Keeps one wish at the server: what is on the screen now. A newer one takes the place of an older one the way the protocol has it, by a
 * request that ends the running response of the channel, so that the connection stays; where nothing comes any more, the old request is cut.
 */
import type { View } from './messages.ts';
import type { Remote } from './remote.ts';

/** Time for a response that is not wanted any more to come to its next piece. */
const GRACE_MS = 150;
const RETRY_MS = 3000;

/** What became of the newest wish. */
export type FetchState = 'idle' | 'running' | 'complete' | 'failed';

/** One wish on its way. */
interface Run {
  stopped: boolean;
  readonly cut: AbortController;
  ended: Promise<void>;
}

/** Asks for views, the newest only. */
export class Fetcher {
  state: FetchState = 'idle';
  private readonly remote: Remote;
  private readonly onData: () => void;
  private readonly onTrouble: (error: unknown) => void;
  private run: Run | undefined;
  private wish: readonly View[] = [];
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(remote: Remote, onData: () => void, onTrouble: (error: unknown) => void) {
    this.remote = remote;
    this.onData = onData;
    this.onTrouble = onTrouble;
  }

  /** Asks for some views, one after the other. */
  async want(views: readonly View[]): Promise<void> {
    this.wish = views;
    const before = this.stop();
    if (before) await before;
    // while this one waited, a newer wish may have come
    if (this.wish === views) await this.start(views);
  }

  /** Asks for nothing any more. */
  stop(): Promise<void> | undefined {
    clearTimeout(this.retry);
    this.state = 'idle';
    const { run } = this;
    if (!run) return undefined;
    run.stopped = true;
    const patience = setTimeout(() => run.cut.abort(), GRACE_MS);
    return run.ended.finally(() => clearTimeout(patience));
  }

  /** Forgets the wish, too. */
  close(): Promise<void> | undefined {
    this.wish = [];
    return this.stop();
  }

  private start(views: readonly View[]): Promise<void> {
    const run: Run = { stopped: false, cut: new AbortController(), ended: Promise.resolve() };
    this.run = run;
    this.state = 'running';
    run.ended = this.go(run, views).finally(() => {
      if (this.run === run) this.run = undefined;
    });
    return run.ended;
  }

  private async go(run: Run, views: readonly View[]): Promise<void> {
    try {
      for (const view of views) {
        for await (const _ of this.remote.request(view, run.cut.signal)) {
          if (run.stopped) return;
          this.onData();
        }
        if (run.stopped) return;
      }
      this.state = 'complete';
    } catch (error) {
      if (run.stopped) return;
      this.state = 'failed';
      this.onTrouble(error);
      // what is held stays on show; perhaps the server comes back
      this.retry = setTimeout(() => void this.want(views), RETRY_MS);
    }
    this.onData();
  }
}
