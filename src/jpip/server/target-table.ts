/** The targets that an engine has open, and when they are opened anew. */
import type { JpipRequest } from '../request/fields.ts';
import { JpipError } from '../errors.ts';
import { type JpipTarget, ServedTarget, type TargetTools } from './target.ts';

/** Finds the file behind a name. */
export type ResolveTarget = (target: string, request: JpipRequest) => Promise<JpipTarget | null> | JpipTarget | null;

/** How targets are kept. */
export interface TargetTableOptions extends TargetTools {
  /** Targets that are kept open at most. */
  readonly most: number;
  /** Milliseconds after which one is asked again whether it is current. */
  readonly revalidateMs: number;
  /** Told of a target that was found to have changed. */
  readonly onChange: (target: string) => void;
}

/** A target that somebody reads from. */
export interface TargetLease {
  readonly target: ServedTarget;
  /** Says that it is read no more; further calls do nothing. */
  end(): Promise<void>;
}

/** Open targets by name and part. */
export class TargetTable {
  private readonly resolve: ResolveTarget;
  private readonly options: TargetTableOptions;
  /** The one used longest ago first. */
  private readonly targets = new Map<string, Promise<ServedTarget>>();

  constructor(resolve: ResolveTarget, options: TargetTableOptions) {
    this.resolve = resolve;
    this.options = options;
  }

  /** Targets that are open. */
  get size(): number {
    return this.targets.size;
  }

  /**
   * A target, opened if it is not, and opened anew if it has changed. It stays open until the lease ends, whatever happens to the table.
   *
   * @throws {JpipError} `request-target` when there is no such target, `target-format` when it cannot be served.
   */
  async lease(name: string, request: JpipRequest): Promise<TargetLease> {
    for (;;) {
      const target = await this.get(name, request);
      // between two turns of the event loop it may have been retired
      const lease = target.lease();
      if (lease) return lease;
    }
  }

  private async get(name: string, request: JpipRequest): Promise<ServedTarget> {
    const { subtarget } = request;
    // the part comes first: a name may hold any character
    const key = `${subtarget ? `${subtarget.first}-${subtarget.last ?? ''}` : ''}\n${name}`;
    const known = this.targets.get(key);
    if (known) {
      const target = await known;
      if (await target.isCurrent(this.options.revalidateMs)) {
        if (this.targets.delete(key)) this.targets.set(key, known);
        return target;
      }
      if (this.targets.get(key) === known) {
        this.targets.delete(key);
        this.options.onChange(name);
        await target.retire();
      }
    }
    const again = this.targets.get(key);
    if (again) return again; // someone else was faster
    const opening = this.open(name, request);
    this.targets.set(key, opening);
    try {
      const target = await opening;
      for (const [oldest, other] of this.targets) {
        if (this.targets.size <= Math.max(1, this.options.most)) break;
        if (other === opening) continue;
        this.targets.delete(oldest);
        // it may still be opening; nobody waits for that
        other.then(
          (old) => old.retire(),
          () => {},
        );
      }
      return target;
    } catch (error) {
      if (this.targets.get(key) === opening) this.targets.delete(key);
      throw error;
    }
  }

  /** Closes all targets, each when nobody reads from it any more. */
  async close(): Promise<void> {
    const targets = [...this.targets.values()];
    this.targets.clear();
    for (const target of targets) await (await target.catch(() => undefined))?.retire();
  }

  private async open(name: string, request: JpipRequest): Promise<ServedTarget> {
    const found = await this.resolve(name, request);
    if (found) return ServedTarget.open(name, found, request.subtarget, this.options);
    throw new JpipError('refused', 'request-target', `there is no target ${name}`, {
      status: 404,
      clause: '15444-9 C.2.2',
    });
  }
}
