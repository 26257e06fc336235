/** Paths of requests as they come from clients, some of which are careless with slashes and percent-encoding. */

/** What was asked for, split. */
export interface RequestTarget {
  /** Still percent-encoded, beginning with a slash. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/** Splits the target of a request line, in origin form or absolute form (RFC 9112 3.2), or the URL of a request. */
export function splitTarget(url: string): RequestTarget {
  const local = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  const at = local.indexOf('?');
  const path = at < 0 ? local : local.slice(0, at);
  return { path: path.startsWith('/') ? path : `/${path}`, query: at < 0 ? '' : local.slice(at + 1) };
}

/**
 * The path below a base path; `undefined` when it lies elsewhere. Empty segments do not count (`//jpip` is `/jpip`), and neither does
 * whether a letter of the base is percent-encoded. What is returned is still encoded.
 */
export function pathBelow(path: string, base: string): string | undefined {
  const rest = segmentsOf(path);
  for (const segment of segmentsOf(base)) {
    const found = rest.shift();
    if (found === undefined || decoded(found) !== decoded(segment)) return undefined;
  }
  return `/${rest.join('/')}`;
}

/** Paths one after the other as one, without empty segments; empty for the root. */
export function joinPaths(...paths: readonly string[]): string {
  return paths
    .flatMap(segmentsOf)
    .map((segment) => `/${segment}`)
    .join('');
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
