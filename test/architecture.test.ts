import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkManifest, checkTree } from './support/architecture.ts';
import { inRepository, repositoryRoot } from './support/root.ts';

async function readTree(): Promise<Map<string, string>> {
  const entries = await readdir(inRepository('src'), { recursive: true, withFileTypes: true });
  const tree = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = `${entry.parentPath}/${entry.name}`;
    tree.set(relative(repositoryRoot(), path).replaceAll('\\', '/'), readFileSync(path, 'utf8'));
  }
  return tree;
}

describe('the house as it stands', () => {
  test('every import goes to a lower floor, none in a circle, and the codec names no platform', async () => {
    const tree = await readTree();
    expect(tree.size).toBeGreaterThan(5);
    expect(checkTree(tree)).toEqual([]);
  });

  test('installing jp2kit installs nothing else', () => {
    expect(checkManifest(JSON.parse(readFileSync(inRepository('package.json'), 'utf8')))).toEqual([]);
  });

  test('the codec is compiled without any platform types', () => {
    const config = JSON.parse(readFileSync(inRepository('src/codec/tsconfig.json'), 'utf8'));
    expect(config.compilerOptions).toMatchObject({ lib: ['ES2022'], types: [] });
  });
});

describe('the checker notices', () => {
  /** The problems of a tree in which `path` has `text` and the files it may import exist. */
  function problemsOf(files: Record<string, string>): string[] {
    const known = {
      'src/index.ts': '',
      'src/codec/errors.ts': '',
      'src/codec/bits/int-math.ts': '',
      'src/codec/codestream/siz.ts': '',
      'src/codec/tier1/mq-decoder.ts': '',
      'src/codec/transform/dwt.ts': '',
      'src/codec/decoder/decode.ts': '',
      'src/codec/inspect/inspect.ts': '',
      'src/codec/index.ts': '',
      'src/node/index.ts': '',
    };
    return checkTree(new Map(Object.entries({ ...known, ...files })));
  }

  test('nothing where nothing is wrong', () => {
    const text = "import { x } from '../codestream/siz.ts';\nimport { y } from '../tier1/mq-decoder.ts';";
    expect(problemsOf({ 'src/codec/decoder/decode.ts': text })).toEqual([]);
    expect(problemsOf({ 'src/cli/main.ts': "import { parseArgs } from 'node:util';\nimport '../index.ts';" })).toEqual(
      [],
    );
  });

  test.each([
    ['an upward import', 'src/codec/codestream/cod.ts', "import '../decoder/decode.ts';", /imports upward/],
    [
      'an upward type import',
      'src/codec/bits/a.ts',
      "import type { S } from '../codestream/siz.ts';",
      /imports upward/,
    ],
    ['an upward re-export', 'src/codec/bits/a.ts', "export * from '../codestream/siz.ts';", /imports upward/],
    ['an upward import type', 'src/codec/bits/a.ts', "type S = import('../codestream/siz.ts').S;", /imports upward/],
    ['a neighbour of the same floor', 'src/codec/tier1/a.ts', "import '../transform/dwt.ts';", /its own floor/],
    [
      'a decoder that needs the inspector',
      'src/codec/decoder/b.ts',
      "import '../inspect/inspect.ts';",
      /its own floor/,
    ],
    ['syntax that computes', 'src/codec/geometry/a.ts', "import '../tier1/mq-decoder.ts';", /syntax imports a kernel/],
    ['an import of a leaf', 'src/index.ts', "export * from './node/index.ts';", /imports the leaf/],
    ['a leaf that imports another', 'src/cli/main.ts', "import '../node/index.ts';", /imports the leaf/],
    ['a file below the entry that imports it', 'src/codec/index.ts', "import '../index.ts';", /imports upward/],
    ['a package in the codec', 'src/codec/bits/a.ts', "import 'pako';", /imports the package pako/],
    ['node in the codec', 'src/codec/bits/a.ts', "import 'node:fs';", /imports the package node:fs/],
    ['a computed import', 'src/codec/bits/a.ts', 'const m = import(name);', /imports the package \(computed\)/],
    ['a missing file', 'src/codec/bits/a.ts', "import './nowhere.ts';", /not a file of src/],
    ['a room that is on no plan', 'src/codec/helpers/a.ts', '', /stands on no floor/],
    ['an area that is on no plan', 'src/misc/a.ts', '', /not a room of the house/],
    ['printing', 'src/codec/bits/a.ts', "console.log('x');", /names the platform \(console\)/],
    ['a timer', 'src/codec/bits/a.ts', 'setTimeout(() => {}, 1);', /\(setTimeout\)/],
    ['a platform type', 'src/codec/bits/a.ts', 'export function f(s: AbortSignal) {}', /\(AbortSignal\)/],
    ['a typeof test', 'src/codec/bits/a.ts', "if (typeof Buffer !== 'undefined') {}", /\(Buffer\)/],
    ['the back door', 'src/codec/bits/a.ts', 'globalThis.fetch();', /\(globalThis\)/],
    ['a shorthand', 'src/codec/bits/a.ts', 'export const x = { fetch };', /\(fetch\)/],
    ['import.meta', 'src/codec/bits/a.ts', 'export const u = import.meta.url;', /\(import\.meta\)/],
    ['a platform name in jpip', 'src/jpip/wire/vbas.ts', 'export const d = new TextDecoder();', /\(TextDecoder\)/],
    ['the codec importing jpip', 'src/codec/decoder/b.ts', "import '../../jpip/x.ts';", /the codec imports jpip/],
  ])('%s', (_, path, text, complaint) => {
    const found = problemsOf({ [path]: text, ...(text.includes('jpip/x') ? { 'src/jpip/x.ts': '' } : {}) });
    expect(found.join('\n')).toMatch(complaint);
    expect(found).toHaveLength(1);
  });

  test('a cycle inside one room', () => {
    const found = problemsOf({
      'src/codec/tier1/a.ts': "import './b.ts';",
      'src/codec/tier1/b.ts': "import './c.ts';",
      'src/codec/tier1/c.ts': "import './a.ts';",
    });
    expect(found).toEqual([
      'import cycle: src/codec/tier1/a.ts → src/codec/tier1/b.ts → src/codec/tier1/c.ts → src/codec/tier1/a.ts',
    ]);
  });

  test('no platform in comments, strings, members and names of its own', () => {
    const text = `// console and fetch
      /** process */
      const s = 'setTimeout';
      export function run(process: number, o: { fetch: number }) { return o.fetch + process; }
      export class A { close() {} crypto = 1; }`;
    expect(problemsOf({ 'src/codec/bits/a.ts': text })).toEqual([]);
  });

  test('runtime dependencies of every kind', () => {
    expect(checkManifest({ dependencies: { pako: '1' } })).toHaveLength(1);
    expect(checkManifest({ optionalDependencies: { pako: '1' } })).toHaveLength(1);
    expect(checkManifest({ peerDependencies: { ws: '8' } })).toHaveLength(1);
    expect(checkManifest({ peerDependencies: { ws: '8' }, peerDependenciesMeta: { ws: { optional: true } } })).toEqual(
      [],
    );
  });
});
