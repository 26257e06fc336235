/**
 * What a JPIP server may serve: files below some folders, single files, and files of other HTTP servers. Nothing else can be reached,
 * whatever a request names: names are relative, without `..`, and where a file really lies counts, not what it is called.
 */
import { createHash } from 'node:crypto';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import type { JpipTarget } from '../jpip/server/target.ts';
import { safePath } from '../codec/fileformat/data-references.ts';
import type { RandomAccessSource } from '../codec/source.ts';
import { httpSource, type HttpSourceOptions } from '../platform/http-source.ts';
import { fileSource } from './file-source.ts';
import { folderResolver } from './folder-resolver.ts';

/** Options of {@link jpipTargets}. */
export interface JpipTargetsOptions {
  /** How URLs are read. */
  readonly http?: HttpSourceOptions;
}

/** What can be served, for `createJpipEngine`. */
export interface JpipTargets {
  /** Finds a target; `null` where there is none of that name, or it may not be served. */
  resolve(target: string): Promise<JpipTarget | null>;
  /** All targets, by name. */
  list(): Promise<ListedTarget[]>;
}

/** One target of a list. */
export interface ListedTarget {
  readonly target: string;
  /** Size of the file, where it is known. */
  readonly bytes?: number;
}

/** Files that are listed; others are served if they can be. */
const EXTENSIONS = ['.jp2', '.jpx', '.jpf', '.jph', '.j2k', '.j2c', '.jpc', '.jhc', '.mj2'];
/** Characters that no name has: separators of one system are none of another, and colons mean drives and streams where those are known. */
const FORBIDDEN = sep === '/' ? /[\\\0]/ : /[\\\0:]/;
/** Files of a folder that are listed. */
const MOST_LISTED = 10_000;

/** Where a target may be: the name below a place, and how it is opened. */
type Place =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string };

/**
 * Makes the targets of a server from folders, files and URLs. In a folder a target is the path of a file below it, and elsewhere the name
 * of the file. Beside a file, an index `name.jp2.idx` or `name.idx` that is not older is used.
 *
 * @example
 * ```ts
 * const targets = await jpipTargets(['pictures', 'https://example.org/mars.jp2']);
 * const engine = createJpipEngine({ resolve: targets.resolve });
 * ```
 */
export async function jpipTargets(
  places: readonly (string | URL)[],
  options: JpipTargetsOptions = {},
): Promise<JpipTargets> {
  const known = await Promise.all(places.map(placeOf));
  return {
    async resolve(target) {
      // as it came, and without the percent-escapes of a client that has put them in twice
      for (const name of new Set([plainName(target), plainName(safePath(target))])) {
        for (const place of name === undefined ? [] : known) {
          const found = await findIn(place, name!, options);
          if (found) return found;
        }
      }
      return null;
    },
    async list() {
      const lists = await Promise.all(known.map(listOf));
      const seen = new Set<string>();
      return lists.flat().filter(({ target }) => !seen.has(target) && seen.add(target));
    },
  };
}

/** A name of a file below a folder, without what stands for nothing; `undefined` for what leads elsewhere, and for hidden files. */
function plainName(target: string | undefined): string | undefined {
  if (target === undefined || target.startsWith('/') || FORBIDDEN.test(target)) return undefined;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.some((part) => part.startsWith('.'))) return undefined;
  return parts.join('/');
}

async function placeOf(place: string | URL): Promise<Place> {
  if (place instanceof URL ? place.protocol !== 'file:' : /^https?:\/\//i.test(place)) {
    return { kind: 'url', url: String(place) };
  }
  const path = await realpath(place);
  return (await stat(path)).isDirectory() ? { kind: 'folder', path } : { kind: 'file', path };
}

async function findIn(place: Place, name: string, options: JpipTargetsOptions): Promise<JpipTarget | undefined> {
  if (place.kind === 'url') {
    return nameOf(place.url) === name ? urlTarget(place.url, options) : undefined;
  }
  if (place.kind === 'file') return basename(place.path) === name ? openTarget(place.path) : undefined;
  let path: string;
  try {
    path = await realpath(join(place.path, name));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  return isBelow(place.path, path) ? openTarget(path, place.path) : undefined;
}

/** A file behind a URL, which is asked for its validators to notice when it is replaced. */
async function urlTarget(url: string, { http }: JpipTargetsOptions): Promise<JpipTarget> {
  const validator = async (): Promise<string | undefined> => {
    try {
      const ask = http?.fetch ?? globalThis.fetch;
      const init = { method: 'HEAD', headers: { ...http?.headers } };
      const { status, headers } = await (ask as typeof fetch)(url, init);
      const names = ['etag', 'last-modified', 'content-length'].map((name) => headers.get(name) ?? '');
      return status === 200 && (names[0] || names[1]) ? names.join(' ') : undefined;
    } catch {
      return undefined; // who cannot be asked now is believed
    }
  };
  const first = await validator();
  return {
    source: httpSource(url, http),
    ...(first ? { tid: createHash('sha256').update(`${url} ${first}`).digest('hex').slice(0, 24) } : {}),
    async isCurrent() {
      const now = await validator();
      return first === undefined || now === undefined || now === first;
    },
  };
}

async function openTarget(path: string, folder?: string): Promise<JpipTarget | undefined> {
  // to open a pipe is to wait for whoever writes into it
  if (!(await stat(path)).isFile()) return undefined;
  const handle = await open(path, 'r');
  let info: Awaited<ReturnType<typeof handle.stat>>;
  try {
    info = await handle.stat();
  } catch (error) {
    await handle.close();
    throw error;
  }
  if (!info.isFile()) {
    await handle.close();
    return undefined;
  }
  const tid = identityOf(info);
  const source = await fileSource(handle);
  const index = await indexBeside(path, info.mtimeMs);
  const references = folder === undefined ? undefined : referencesOf(path, folder);
  return {
    source: {
      ...source,
      async close() {
        await handle.close();
        await index?.close?.();
      },
    },
    tid,
    ...(index ? { index } : {}),
    ...(references ? { resolveReference: references } : {}),
    async isCurrent() {
      try {
        return identityOf(await stat(path)) === tid;
      } catch {
        return false;
      }
    },
  };
}

/** Files that a linked JPX names lie beside it, in the same folder as everything else. */
function referencesOf(path: string, folder: string): JpipTarget['resolveReference'] {
  const resolve = folderResolver(folder);
  const beside = relative(folder, dirname(path)).split(sep).join('/');
  return (url, reference) => {
    const safe = reference.safe === undefined ? undefined : [beside, reference.safe].filter(Boolean).join('/');
    return resolve(url, { ...reference, safe });
  };
}

/** A name of just these contents: file systems note when they change. */
function identityOf({ dev, ino, size, mtimeMs }: { dev: number; ino: number; size: number; mtimeMs: number }): string {
  return createHash('sha256').update(`${dev} ${ino} ${size} ${mtimeMs}`).digest('hex').slice(0, 24);
}

async function indexBeside(path: string, newerThan: number): Promise<RandomAccessSource | undefined> {
  for (const candidate of [`${path}.idx`, `${path.slice(0, path.length - extname(path).length)}.idx`]) {
    try {
      // an index that is older was made from what the file was before
      if ((await stat(candidate)).mtimeMs >= newerThan) return await fileSource(candidate);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
  return undefined;
}

async function listOf(place: Place): Promise<ListedTarget[]> {
  if (place.kind === 'url') return [{ target: nameOf(place.url) }];
  if (place.kind === 'file') return listedFile(basename(place.path), place.path);
  const listed: ListedTarget[] = [];
  for (const file of (await filesBelow(place.path)).sort()) {
    if (listed.length >= MOST_LISTED) break;
    const target = relative(place.path, file).split(sep).join('/');
    const real = plainName(target) === target ? await realpath(file).catch(() => undefined) : undefined;
    if (real !== undefined && isBelow(place.path, real)) listed.push(...(await listedFile(target, real)));
  }
  return listed;
}

/** A file in a list; nothing when it has gone meanwhile, or is none. */
async function listedFile(target: string, path: string): Promise<ListedTarget[]> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? [{ target, bytes: info.size }] : [];
}

/** The pictures below a folder. Folders that are hidden or may not be read are left out: what is in them could not be served either. */
async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch((error) => {
      if (next !== folder && isAbsent(error)) return [];
      throw error;
    });
    for (const entry of entries) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.')) folders.push(path);
      } else if (EXTENSIONS.includes(extname(entry.name).toLowerCase())) files.push(path);
    }
  }
  return files;
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').pop() ?? '';
  return safePath(last) ?? new URL(url).hostname;
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP' || code === 'EACCES';
}
