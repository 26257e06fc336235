/**
 * The floors of the source tree as a checker over file texts: who may import whom, and which names the codec may use.
 *
 * It works on a map from path to text instead of on the disk, so that the test can also feed it made-up trees and see
 * that every rule can fail. The floors themselves are described in `docs/architecture.md`.
 */
import { posix } from 'node:path';
import ts from 'typescript';

/** A source tree: path relative to the repository (`src/codec/errors.ts`) to text. */
export type SourceTree = ReadonlyMap<string, string>;

/** Where a file stands. Files of one unit may import each other; of different units only downwards. */
export interface Place {
  readonly floor: number;
  readonly unit: string;
  readonly column?: 'syntax' | 'kernel';
  readonly leaf?: boolean;
}

const GROUND_FILES = [
  'errors',
  'limits',
  'image',
  'rect',
  'source',
  'read-window',
  'executor',
  'sink',
  'checks',
  'block-pool',
  'synthesis-shape',
];
const CODEC_FLOORS: Readonly<Record<string, number>> = {
  bits: 0,
  codestream: 1,
  fileformat: 1,
  tier1: 1,
  ht: 1,
  transform: 1,
  geometry: 2,
  tier2: 3,
  packets: 4,
  colour: 4,
  decoder: 5,
  encoder: 5,
  transcode: 5,
  inspect: 5,
  validate: 5,
  volume: 5,
};
const JPIP_GROUND_FILES = ['errors', 'limits', 'http-message'];
const JPIP_FLOORS: Readonly<Record<string, number>> = {
  wire: 1,
  request: 1,
  bins: 2,
  view: 3,
  server: 5,
  client: 5,
  transport: 6,
};
const SYNTAX_COLUMN = ['codestream', 'fileformat', 'geometry', 'tier2', 'packets'];
const KERNEL_COLUMN = ['tier1', 'ht', 'transform'];
const LEAVES = ['workers', 'node', 'browser', 'dicom', 'geo', 'cli'];
const TOP_FLOOR = 7;
const PLATFORM_FLOOR = 8;
const ENTRY_FLOOR = 9;

/** Names of hosts that the codec must not know: whatever it needs of them is passed in. */
const PLATFORM_NAMES = new Set(
  `AbortController AbortSignal Blob Buffer Bun CompressionStream Crypto DecompressionStream Deno Event EventTarget File
  FileReader Headers ImageData MessageChannel OffscreenCanvas ReadableStream Request Response SharedWorker TextDecoder
  TextEncoder TransformStream URL URLSearchParams WebAssembly WebSocket Worker WritableStream XMLHttpRequest clearImmediate
  clearInterval clearTimeout console createImageBitmap crypto document eval fetch global globalThis localStorage navigator
  performance postMessage process queueMicrotask require self setImmediate setInterval setTimeout structuredClone
  window`.split(/\s+/),
);

/** The floor of a file, or a complaint when it stands where the plan of the house has no room. */
export function placeOf(path: string): Place | string {
  const parts = path.split('/');
  if (parts[0] !== 'src') return `${path}: outside src`;
  if (parts.length === 2) return { floor: ENTRY_FLOOR, unit: 'entries' };
  const [, area, folder] = parts as [string, string, string];
  if (LEAVES.includes(area)) return { floor: ENTRY_FLOOR + 1, unit: area, leaf: true };
  // what hosts lend to the entries: clock, pauses, fetch
  if (area === 'platform') return { floor: PLATFORM_FLOOR, unit: 'platform' };
  if (area !== 'codec' && area !== 'jpip') return `${path}: src/${area} is not a room of the house`;
  if (parts.length === 3) {
    const name = folder.replace(/\.ts$/, '');
    if (area === 'codec' && GROUND_FILES.includes(name)) return { floor: 0, unit: 'codec/ground' };
    if (area === 'jpip' && JPIP_GROUND_FILES.includes(name)) return { floor: 0, unit: 'jpip/ground' };
    return { floor: TOP_FLOOR, unit: `${area}/top` };
  }
  const floor = (area === 'codec' ? CODEC_FLOORS : JPIP_FLOORS)[folder];
  if (floor === undefined) return `${path}: src/${area}/${folder} stands on no floor`;
  if (folder === 'bits') return { floor, unit: 'codec/ground' };
  const column = columnOf(area, folder);
  return { floor, unit: `${area}/${folder}`, ...(column ? { column } : {}) };
}

function columnOf(area: string, folder: string): 'syntax' | 'kernel' | undefined {
  if (area !== 'codec') return undefined;
  if (SYNTAX_COLUMN.includes(folder)) return 'syntax';
  return KERNEL_COLUMN.includes(folder) ? 'kernel' : undefined;
}

/** All violations in a source tree, one sentence each; an empty list is a sound house. */
export function checkTree(tree: SourceTree): string[] {
  const problems: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [path, text] of tree) {
    const place = placeOf(path);
    if (typeof place === 'string') {
      problems.push(place);
      continue;
    }
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    const targets: string[] = [];
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) {
        problems.push(...checkPackageImport(path, place, specifier));
        continue;
      }
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      if (!tree.has(target)) problems.push(`${path}: imports ${specifier}, which is not a file of src`);
      else {
        targets.push(target);
        problems.push(...checkEdge(path, place, target));
      }
    }
    edges.set(path, targets);
    if (/^src\/(codec|jpip)\//.test(path)) {
      for (const name of platformNamesIn(file)) problems.push(`${path}: names the platform (${name})`);
    }
  }
  problems.push(...findCycles(edges));
  return problems;
}

/** Complaints about what installing the package would install besides it. */
export function checkManifest(manifest: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  for (const field of ['dependencies', 'optionalDependencies', 'bundleDependencies', 'bundledDependencies']) {
    const names = Object.keys((manifest[field] as object | undefined) ?? {});
    if (names.length > 0) problems.push(`package.json: ${field} lists ${names.join(', ')}`);
  }
  const meta = (manifest.peerDependenciesMeta ?? {}) as Record<string, { optional?: boolean }>;
  for (const name of Object.keys((manifest.peerDependencies as object | undefined) ?? {})) {
    if (!meta[name]?.optional) problems.push(`package.json: the peer dependency ${name} is not optional`);
  }
  return problems;
}

function checkPackageImport(path: string, place: Place, specifier: string): string[] {
  if (place.leaf && (specifier.startsWith('node:') || place.unit === 'cli')) return [];
  return [`${path}: imports the package ${specifier}`];
}

function checkEdge(from: string, place: Place, to: string): string[] {
  const target = placeOf(to);
  if (typeof target === 'string' || target.unit === place.unit) return [];
  if (target.leaf) return [`${from}: imports the leaf ${to}`];
  if (from.startsWith('src/codec/') && to.startsWith('src/jpip/')) return [`${from}: the codec imports jpip (${to})`];
  if (from.startsWith('src/jpip/') && to.startsWith('src/codec/')) {
    if (place.floor === TOP_FLOOR || target.floor === 0 || target.column === 'syntax') return [];
    return [`${from}: jpip imports ${to}, which is not of the syntax column`];
  }
  if (target.floor > place.floor) return [`${from}: imports upward (${to})`];
  if (target.floor === place.floor) return [`${from}: imports another room of its own floor (${to})`];
  if (place.column === 'syntax' && target.column === 'kernel') return [`${from}: syntax imports a kernel (${to})`];
  return [];
}

/** Every module specifier of a file: imports, re-exports, `import()` and `import('…')` types. */
function importsOf(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      found.push((node.moduleSpecifier as ts.StringLiteral).text);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      found.push(argument && ts.isStringLiteralLike(argument) ? argument.text : '(computed)');
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push((node.argument.literal as ts.StringLiteral).text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Platform names used as values or types and not declared in the file itself. */
function platformNamesIn(file: ts.SourceFile): string[] {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && PLATFORM_NAMES.has(node.text)) {
      const role = roleOf(node);
      if (role === 'declaration') declared.add(node.text);
      if (role === 'use') used.add(node.text);
    } else if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      used.add('import.meta');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...used].filter((name) => !declared.has(name));
}

/** Members such as `source.close` or `{ process: 1 }` only look like platform names. */
function roleOf(node: ts.Identifier): 'use' | 'declaration' | 'member' {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return 'member';
  if (ts.isQualifiedName(parent) && parent.right === node) return 'member';
  if (ts.isBindingElement(parent) && parent.propertyName === node) return 'member';
  if (ts.isShorthandPropertyAssignment(parent)) return 'use';
  if (ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isObjectLiteralElementLike(parent)) {
    return parent.name === node ? 'member' : 'use';
  }
  const isNamed =
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isBindingElement(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isFunctionExpression(parent) ||
    ts.isClassDeclaration(parent) ||
    ts.isInterfaceDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) ||
    ts.isTypeParameterDeclaration(parent) ||
    ts.isImportSpecifier(parent);
  return isNamed && parent.name === node ? 'declaration' : 'use';
}

/** One sentence for each import cycle, found by a depth-first walk. */
function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (node: string): void => {
    const at = path.indexOf(node);
    if (at >= 0) {
      problems.push(`import cycle: ${[...path.slice(at), node].join(' → ')}`);
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    for (const next of edges.get(node) ?? []) walk(next);
    path.pop();
    done.add(node);
  };
  for (const node of edges.keys()) walk(node);
  return problems;
}
