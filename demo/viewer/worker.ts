/**
 * The worker behind the viewer: it asks the server for what is on the screen, keeps what comes, and decodes squares of it, coarse ones first,
 * again and again while they get better.
 */
import { Fetcher } from './fetcher.ts';
import { JpipError, Jpeg2000Error } from './library.ts';
import {
  coarsestOf,
  type HeldPrecinct,
  lookKey,
  type Offer,
  type Order,
  type PaintedSquare,
  type Report,
  SQUARE,
  type View,
} from './messages.ts';
import { forgetAll, openRemote, type Remote } from './remote.ts';

/** One place of the picture at one resolution, to be decoded. */
interface Wanted extends Omit<PaintedSquare, 'bitmap'> {
  readonly key: string;
}

/** Squares around the screen that are decoded too, while there is nothing else to do. */
const MARGIN = 1;
const PROGRESS_MS = 100;
const RECONNECT_MS = 3000;

let session: Session | undefined;
let online = true;

/** One picture on show. */
class Session {
  readonly picture: number;
  private readonly offer: Offer;
  private readonly remote: Remote;
  private view: View | undefined;
  private overlay = false;
  /** What squares were decoded from, so that none is decoded twice from the same. */
  private readonly painted = new Map<string, number>();
  private readonly fetcher: Fetcher;
  private decoding = false;
  private closed = false;
  private reported = 0;
  /** What is held of squares, as long as nothing new has come. */
  private known = new Map<string, readonly HeldPrecinct[]>();
  private knownRevision = -1;

  constructor(picture: number, offer: Offer, remote: Remote) {
    this.picture = picture;
    this.offer = offer;
    this.remote = remote;
    this.fetcher = new Fetcher(
      remote,
      () => {
        this.tellProgress();
        void this.paint();
      },
      (error) => this.complain(error),
    );
  }

  show(view: View, overlay: boolean): void {
    const changed = JSON.stringify(view) !== JSON.stringify(this.view);
    if (this.view && lookKey(view.look) !== lookKey(this.view.look)) this.painted.clear();
    this.view = view;
    this.overlay = overlay;
    if (changed) this.fetch();
    void this.paint();
  }

  setOnline(): void {
    if (online) this.fetch();
    else void this.fetcher.close();
    this.tellProgress(true);
    if (online && this.remote.offline) void this.reconnect();
  }

  /** A picture that was opened from the cache alone has to be opened again to be asked for. */
  async reconnect(): Promise<void> {
    while (online && !this.closed) {
      const remote = await openRemote(this.offer, true).catch(() => undefined);
      if (remote && !remote.offline && !this.closed && online) {
        session = new Session(this.picture, this.offer, remote);
        if (this.view) session.show(this.view, this.overlay);
        this.close();
        return;
      }
      await remote?.close();
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  close(): void {
    this.closed = true;
    void Promise.resolve(this.fetcher.close()).then(() => this.remote.close());
  }

  /** Asks the server for the view. The coarsest resolution of everything comes first, so that there is never nothing to see. */
  private fetch(): void {
    if (online && this.view && !this.remote.offline) void this.fetcher.want([this.overviewOf(this.view), this.view]);
  }

  /** Decodes whatever can be better than it is, until there is nothing left. */
  private async paint(): Promise<void> {
    if (this.decoding || this.closed) return;
    this.decoding = true;
    try {
      for (;;) {
        const next = this.nextSquare();
        if (!next || this.closed) break;
        await this.paintSquare(next);
        this.tellProgress();
        // orders and data come in between
        await new Promise((resolve) => setTimeout(resolve));
      }
    } catch (error) {
      this.complain(error);
    } finally {
      this.decoding = false;
      this.tellHeld();
      this.tellProgress(true);
    }
  }

  private heldOf({ key, region, reduce }: Wanted): readonly HeldPrecinct[] {
    if (this.knownRevision !== this.remote.revision) {
      this.known.clear();
      this.knownRevision = this.remote.revision;
    }
    let held = this.known.get(key);
    if (!held) {
      held = this.remote.held(region, reduce, this.view!.look);
      this.known.set(key, held);
    }
    return held;
  }

  private async paintSquare(wanted: Wanted): Promise<void> {
    const { key, ...square } = wanted;
    const before = bytesOf(this.heldOf(wanted));
    const image = await this.remote.decode(square.region, square.reduce, this.view!.look);
    if (this.closed || !this.view || lookKey(this.view.look) !== square.look) return;
    this.painted.set(key, before);
    const bitmap = await createImageBitmap(image);
    report({ kind: 'square', picture: this.picture, square: { ...square, bitmap } }, [bitmap]);
  }

  /** The square that is most worth decoding: of the overview first, then from the middle of the screen. */
  private nextSquare(): Wanted | undefined {
    const { view } = this;
    if (!view) return undefined;
    for (const wish of [this.overviewOf(view), view]) {
      for (const square of squaresOf(wish, this.remote.facts, this.fetcher.state === 'running' ? 0 : MARGIN)) {
        const held = this.heldOf(square);
        // nothing of this resolution is here: coarser squares show as much
        const finest = this.remote.facts.levels - square.reduce;
        const nothing =
          wish === view &&
          square.reduce < coarsestOf(this.remote.facts) &&
          !held.some((p) => p.resolution === finest && p.bytes > 0);
        if (nothing || this.painted.get(square.key) === bytesOf(held)) continue;
        if (bytesOf(held) > 0) return square;
      }
    }
    return undefined;
  }

  private overviewOf({ look }: View): View {
    const { width, height } = this.remote.facts;
    return { region: { x: 0, y: 0, width, height }, reduce: coarsestOf(this.remote.facts), look };
  }

  private tellHeld(): void {
    if (!this.overlay || !this.view || this.closed) return;
    const { region, reduce } = this.view;
    const finest = this.remote.facts.levels - reduce;
    const precincts = this.remote
      .held(region, reduce, this.view!.look)
      .filter(({ resolution }) => resolution === finest);
    report({ kind: 'held', picture: this.picture, precincts: merged(precincts) });
  }

  private tellProgress(now = false): void {
    const time = performance.now();
    if (this.closed || (!now && time - this.reported < PROGRESS_MS)) return;
    this.reported = time;
    if (!now) this.tellHeld();
    report({
      kind: 'progress',
      picture: this.picture,
      held: this.remote.heldBytes(),
      received: this.remote.received,
      busy: this.decoding || this.fetcher.state === 'running',
      server: !online ? 'unasked' : this.fetcher.state === 'failed' || this.remote.offline ? 'silent' : 'answers',
      complete: this.fetcher.state === 'complete',
    });
  }

  private complain(error: unknown): void {
    report({ kind: 'trouble', picture: this.picture, message: describe(error), fatal: false });
  }
}

/** Components have precincts of their own; where they lie on top of each other one stands for all. */
function merged(precincts: readonly HeldPrecinct[]): HeldPrecinct[] {
  const places = new Map<string, HeldPrecinct>();
  for (const precinct of precincts) {
    const { x, y, width, height } = precinct.region;
    const key = `${x} ${y} ${width} ${height}`;
    const before = places.get(key);
    places.set(
      key,
      before
        ? { ...before, bytes: before.bytes + precinct.bytes, complete: before.complete && precinct.complete }
        : precinct,
    );
  }
  return [...places.values()];
}

function bytesOf(precincts: readonly HeldPrecinct[]): number {
  return precincts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The squares of a view, from its middle outwards. */
function squaresOf(view: View, picture: { width: number; height: number }, margin: number): Wanted[] {
  const { region, reduce, look } = view;
  const side = SQUARE * 2 ** reduce;
  const squares: (Wanted & { distance: number })[] = [];
  const [columns, rows] = [Math.ceil(picture.width / side), Math.ceil(picture.height / side)];
  const first = { column: Math.floor(region.x / side) - margin, row: Math.floor(region.y / side) - margin };
  const last = {
    column: Math.ceil((region.x + region.width) / side) + margin,
    row: Math.ceil((region.y + region.height) / side) + margin,
  };
  for (let row = Math.max(0, first.row); row < Math.min(rows, last.row); row++) {
    for (let column = Math.max(0, first.column); column < Math.min(columns, last.column); column++) {
      const [x, y] = [column * side, row * side];
      const width = Math.min(side, picture.width - x);
      const height = Math.min(side, picture.height - y);
      const dx = x + side / 2 - (region.x + region.width / 2);
      const dy = y + side / 2 - (region.y + region.height / 2);
      const outside =
        x + width <= region.x ||
        y + height <= region.y ||
        x >= region.x + region.width ||
        y >= region.y + region.height;
      const distance = Math.hypot(dx, dy) + (outside ? 1e9 : 0);
      const key = `${reduce} ${column} ${row} ${lookKey(look)}`;
      squares.push({ reduce, column, row, look: lookKey(look), region: { x, y, width, height }, key, distance });
    }
  }
  return squares.sort((a, b) => a.distance - b.distance);
}

function describe(error: unknown): string {
  if (error instanceof JpipError || error instanceof Jpeg2000Error) return error.message;
  return error instanceof Error ? error.message : String(error);
}

function report(message: Report, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

async function openPicture({ picture, offer }: Extract<Order, { kind: 'open' }>): Promise<void> {
  session?.close();
  session = undefined;
  latest = picture;
  try {
    await forgetting;
    const remote = await openRemote(offer, online);
    if (latest !== picture) {
      await remote.close();
      return;
    }
    session = new Session(picture, offer, remote);
    report({ kind: 'opened', picture, facts: remote.facts });
    if (online && remote.offline) void session.reconnect();
  } catch (error) {
    if (latest === picture) report({ kind: 'trouble', picture, message: describe(error), fatal: true });
  }
}

let latest = 0;
let forgetting: Promise<void> = Promise.resolve();

/** Empties the store; the page opens its picture anew after that. */
async function forget(): Promise<void> {
  session?.close();
  session = undefined;
  await forgetAll();
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  if (data.kind === 'open') {
    online = data.online;
    void openPicture(data);
  } else if (data.kind === 'view') {
    if (session?.picture === data.picture) session.show(data.view, data.overlay);
  } else if (data.kind === 'online') {
    online = data.online;
    session?.setOnline();
  } else forgetting = forget();
});
