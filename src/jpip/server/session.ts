/**
 * Sessions and their channels (15444-9 Annex B).
 *
 * A session remembers what its client holds of each target; all its channels share that. A channel carries one response at a time: a
 * newer request takes the place of the one that is running unless it says that it will wait.
 */
import { CacheModel } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import type { JpipRequest, ReturnType } from '../request/fields.ts';

/** How many sessions there may be, and for how long. */
export interface SessionOptions {
  /** Sessions at once; beyond, the one used longest ago is closed. Default 10 000. */
  readonly most: number;
  /** Milliseconds without a request after which a session is closed. Default 10 minutes. */
  readonly idleMs: number;
  /** Channels of one session. Default 8. */
  readonly channels: number;
  /** What the cache models of one session may take, in 32-bit words; beyond, they begin anew. Default 1 Mi. */
  readonly modelWords: number;
  /** What those of all sessions may take; beyond, sessions that were used longest ago forget theirs. Default 64 Mi. */
  readonly allModelWords: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_SESSIONS: SessionOptions = {
  most: 10_000,
  idleMs: 600_000,
  channels: 8,
  modelWords: 1 << 20,
  allModelWords: 1 << 26,
};

/** Targets that one session has models of. */
const MOST_MODELS = 64;

/** A response that a channel carries. */
export interface Running {
  /** Set to end it with "window change". */
  preempted: boolean;
  /** Set to end it since the engine stops. */
  stopped: boolean;
  /** Data-bins that it remembers. */
  bins: number;
  /** Settles when it has ended, one way or another. */
  readonly ended: Promise<void>;
  /** Says that it has. */
  readonly end: () => void;
}

/** One channel of a session. */
export interface Channel {
  readonly cid: string;
  readonly session: Session;
  /** The target that it was opened for; requests that name none mean this one. */
  readonly target: string;
  readonly tid: string;
  /** Return types of the request that opened it; requests that name none mean these. */
  readonly type: readonly ReturnType[] | undefined;
  /** Bytes of the file that are its target, where that is not all of it. */
  readonly subtarget: JpipRequest['subtarget'];
  /** Responses that have not ended: the one that runs, those that wait, those that were told to end. */
  readonly unfinished: Set<Running>;
  /** Requests that wait for it. */
  waiting: number;
  /** The highest request identifier so far. */
  lastQid: number;
}

/** One session. */
export interface Session {
  readonly channels: Map<string, Channel>;
  /** By target id: contents that change are another target. */
  readonly models: Map<string, CacheModel>;
  lastUsed: number;
  /** What its models took when they were last weighed. */
  words: number;
}

/** All sessions of an engine. */
export class SessionTable {
  private readonly options: SessionOptions;
  private readonly now: () => number;
  private readonly randomId: () => string;
  private readonly onClose: (cid: string) => void;
  /** The one used longest ago first. */
  private readonly sessions = new Set<Session>();
  /** Sessions that were opened and not used since. */
  private readonly untried = new Set<Session>();
  private readonly channels = new Map<string, Channel>();
  /** What the models of all sessions take. */
  private words = 0;

  constructor(options: SessionOptions, now: () => number, randomId: () => string, onClose: (cid: string) => void) {
    this.options = options;
    this.now = now;
    this.randomId = randomId;
    this.onClose = onClose;
  }

  /** Sessions that are open. */
  get size(): number {
    return this.sessions.size;
  }

  /** Channels that are open. */
  get numChannels(): number {
    return this.channels.size;
  }

  /**
   * The channel with an identifier; its session is used by that.
   *
   * @throws {JpipError} `request-channel` when there is none, or none any more.
   */
  find(cid: string): Channel {
    this.sweep();
    const channel = this.channels.get(cid);
    if (channel === undefined) {
      throw new JpipError('refused', 'request-channel', 'there is no such channel, or no more', {
        status: 404,
        clause: '15444-9 C.3.2',
      });
    }
    const { session } = channel;
    session.lastUsed = this.now();
    this.sessions.delete(session);
    this.sessions.add(session);
    this.untried.delete(session);
    return channel;
  }

  /** Opens a channel: in the session of another one, or in a new session. `undefined` when there are as many as there may be. */
  create(
    { target, tid, type, subtarget }: Pick<Channel, 'target' | 'tid' | 'type' | 'subtarget'>,
    beside: Channel | undefined,
  ): Channel | undefined {
    if (beside && beside.session.channels.size >= this.options.channels) return undefined;
    const session = beside?.session ?? this.newSession();
    if (session === undefined) return undefined;
    const cid = this.randomId();
    const unfinished = new Set<Running>();
    const channel = { cid, session, target, tid, type, subtarget, unfinished, waiting: 0, lastQid: -1 };
    session.channels.set(cid, channel);
    this.channels.set(cid, channel);
    return channel;
  }

  /** Closes a channel, and its session with the last one. */
  close(channel: Channel): void {
    const { session, cid } = channel;
    // it must not be used further, which is what this reason says
    for (const running of channel.unfinished) running.stopped = true;
    this.channels.delete(cid);
    session.channels.delete(cid);
    if (session.channels.size === 0) {
      this.forget(session);
      this.sessions.delete(session);
      this.untried.delete(session);
    }
    this.onClose(cid);
  }

  /** Closes everything. */
  closeAll(): void {
    for (const channel of [...this.channels.values()]) this.close(channel);
  }

  /** The cache model of a session for a target. */
  modelOf(session: Session, tid: string): CacheModel {
    let model = session.models.get(tid);
    if (model === undefined) {
      if (session.models.size >= MOST_MODELS) session.models.delete(session.models.keys().next().value!);
      model = new CacheModel();
      session.models.set(tid, model);
    }
    return model;
  }

  /**
   * Weighs the models of a session that has been used. Where they are too much, by themselves or with all others, models are forgotten:
   * their bins are sent again, which costs bytes and spoils nothing.
   */
  weigh(session: Session): void {
    if (!this.sessions.has(session)) return;
    // a response that has just ended was use
    session.lastUsed = this.now();
    let words = 0;
    for (const model of session.models.values()) words += model.cost;
    this.words += words - session.words;
    session.words = words;
    if (words > this.options.modelWords) this.forget(session);
    for (const oldest of this.sessions) {
      if (this.words <= this.options.allModelWords) break;
      this.forget(oldest);
    }
  }

  private forget(session: Session): void {
    for (const model of session.models.values()) model.clear();
    this.words -= session.words;
    session.words = 0;
  }

  /** A new session; `undefined` when there are as many as there may be, and all of them are busy. */
  private newSession(): Session | undefined {
    this.sweep();
    if (this.sessions.size >= this.options.most) {
      // sessions that nobody came back to go first, so that a flood of them pushes out itself
      const idle = firstIdle(this.untried) ?? firstIdle(this.sessions);
      if (idle === undefined) return undefined;
      this.closeSession(idle);
    }
    const session: Session = { channels: new Map(), models: new Map(), lastUsed: this.now(), words: 0 };
    this.sessions.add(session);
    this.untried.add(session);
    return session;
  }

  /** Closes sessions that nobody has used for long. */
  private sweep(): void {
    const oldest = this.now() - this.options.idleMs;
    for (const session of this.sessions) {
      if (session.lastUsed > oldest) break;
      if (!isBusy(session)) this.closeSession(session);
    }
  }

  private closeSession(session: Session): void {
    for (const channel of [...session.channels.values()]) this.close(channel);
    this.sessions.delete(session);
    this.untried.delete(session);
  }
}

/** True while a response of a session runs. */
function isBusy({ channels }: Session): boolean {
  for (const { unfinished } of channels.values()) if (unfinished.size > 0) return true;
  return false;
}

function firstIdle(sessions: Iterable<Session>): Session | undefined {
  for (const session of sessions) if (!isBusy(session)) return session;
  return undefined;
}
