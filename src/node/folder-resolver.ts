/**
 * Files that a JPX file links to, found below one folder and nowhere else.
 */
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ResolveReference } from '../codec/linked-sources.ts';
import { Jpeg2000Error } from '../codec/errors.ts';
import { safePath } from '../codec/fileformat/data-references.ts';
import { fileSource } from './file-source.ts';

/** Options of {@link folderResolver}. */
export interface FolderResolverOptions {
  /**
   * Look only at the name after the last slash of a URL, and find that in the folder itself: for movies that name files
   * by where they once lay. Default false.
   */
  readonly byName?: boolean;
}

/**
 * A resolver for `openJpx` that opens files below a folder, by relative URLs.
 *
 * URLs with a scheme, a host or a leading slash, and those that lead out of the folder, be it by `..` or through a
 * symbolic link, are refused with a `Jpeg2000Error` of kind `limit` and code `fragment`. A file that is not there is not
 * at hand, which is an error of `openJpx`'s pictures.
 *
 * @example
 * ```ts
 * const jpx = await openJpx(await fileSource('movies/sun.jpx'), { resolve: folderResolver('movies') });
 * ```
 */
export function folderResolver(root: string | URL, options: FolderResolverOptions = {}): ResolveReference {
  const folder = root instanceof URL ? fileURLToPath(root) : root;
  return async (url, { safe }) => {
    const path = options.byName ? nameIn(url) : safe;
    if (path === undefined) throw refused(url);
    const base = await realpath(folder);
    let file: string;
    try {
      file = await realpath(join(base, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    // where it really lies counts, not what it is called
    if (!file.startsWith(base.endsWith(sep) ? base : base + sep)) throw refused(url);
    return fileSource(file);
  };
}

/** The part of a URL after its last slash, if that is a name and nothing else. */
function nameIn(url: string): string | undefined {
  const name = safePath(url.replace(/[?#].*$/s, '').replace(/^.*[/\\]/s, ''));
  return name?.includes('/') ? undefined : name;
}

function refused(url: string): Jpeg2000Error {
  return new Jpeg2000Error('limit', 'fragment', `'${url}' does not lie below the folder that files may be taken from`);
}
