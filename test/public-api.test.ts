/** The public API: which names each entry exports, that every function shows how it is used, and that the build has them all. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { inRepository } from './support/root.ts';

const ENTRIES = {
  '.': 'src/index.ts',
  './browser': 'src/browser/index.ts',
  './decode-core': 'src/decode-core.ts',
  './dicom': 'src/dicom/index.ts',
  './geo': 'src/geo/index.ts',
  './jpip': 'src/jpip.ts',
  './jpip/client': 'src/jpip-client.ts',
  './jpip/server': 'src/jpip-server.ts',
  './node': 'src/node/index.ts',
  './parts': 'src/parts.ts',
  './workers': 'src/workers/index.ts',
  './workers/worker': 'src/workers/worker-main.ts',
} as const;

/** What users may rely on; taking a name away is a breaking change. `jp2kit/parts` may change until 1.0. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  '.': [
    ...['DEFAULT_LIMITS', 'Jp2Image', 'Jpeg2000Error', 'Jpx', 'Movie', 'MovieTrack', 'MovieWriter', 'StreamEncoder'],
    ...['blobSource', 'buildIndex', 'buildIndexTo', 'bytesSource', 'createEncoder', 'createJpx', 'createMovie'],
    ...[
      'decode',
      'decodeProgressive',
      'decodeRegion',
      'decodeRows',
      'decodeSync',
      'decodeTiles',
      'encode',
      'encodeSync',
    ],
    ...['httpSource', 'inspect', 'inspectSync', 'open', 'openJpx', 'openMovie', 'readBoxes', 'setBoxes', 'toImageData'],
    ...['transcode', 'transcodeSync', 'transcodeTo', 'validate', 'writeIndexBoxes'],
  ],
  './decode-core': ['Jpeg2000Error', 'classic', 'decode', 'decodeSync', 'ht'],
  './dicom': ['Jpeg2000Error', 'TRANSFER_SYNTAXES', 'decodeFrame', 'decodeFrameSync', 'encodeFrame', 'framesOf'],
  './geo': ['Jpeg2000Error', 'geoOf', 'geoOfWorldFile', 'geotiffBytes', 'gmlText', 'modelToPixel', 'pixelToModel'],
  './browser': ['indexedDbStore'],
  './jpip': [
    ...['BIN_CLASS', 'DEFAULT_JPIP_LIMITS', 'DataBinStore', 'EOR_REASON', 'JpipEngine', 'JpipError', 'JpipImage'],
    ...['MessageReader', 'MessageWriter', 'createJpipEngine', 'fastifyJpip', 'fetchHandler', 'formatAccessLog'],
    ...['formatRequest', 'formatResponseHeaders', 'loopback', 'memoryStore', 'nodeHandler', 'openJpip', 'parseRequest'],
    ...['parseResponseHeaders', 'pictureRenderer'],
  ],
  './jpip/client': ['DataBinStore', 'JpipError', 'JpipImage', 'loopback', 'memoryStore', 'openJpip'],
  './jpip/server': [
    ...['DEFAULT_JPIP_LIMITS', 'JpipEngine', 'JpipError', 'createJpipEngine', 'fastifyJpip', 'fetchHandler'],
    ...['formatAccessLog', 'nodeHandler', 'pictureRenderer'],
  ],
  './workers': ['DECODE_PARAMS', 'ENCODED_PARAMS', 'ENCODE_PARAMS', 'createPool'],
  './workers/worker': [],
  './node': ['fileSink', 'fileSource', 'fileStore', 'folderResolver', 'jpipTargets', 'spillFile'],
};

const files = Object.values(ENTRIES).map((path) => inRepository(path));
const { config } = ts.parseConfigFileTextToJson('tsconfig.json', readFileSync(inRepository('tsconfig.json'), 'utf8'));
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, inRepository());
const program = ts.createProgram(files, options);
const checker = program.getTypeChecker();

/** The exports of an entry, with aliases followed. */
function exportsOf(path: string): { name: string; symbol: ts.Symbol }[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(inRepository(path))!);
  return checker.getExportsOfModule(module!).map((symbol) => ({
    name: symbol.name,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }));
}

/** The names that exist at run time. */
async function valuesOf(path: string): Promise<string[]> {
  return Object.keys(await import(pathToFileURL(inRepository(path)).href)).sort();
}

/** A symbol and, for a class or an interface, its public members. */
function withMembers(name: string, symbol: ts.Symbol): [string, ts.Symbol][] {
  const members = symbol.flags & ts.SymbolFlags.Class ? [...(symbol.members ?? [])] : [];
  const open = members.filter(([key, member]) => {
    const [declaration] = member.declarations ?? [];
    const hidden = declaration && ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private;
    return !hidden && key !== ts.InternalSymbolName.Constructor;
  });
  return [[name, symbol], ...open.map(([key, member]): [string, ts.Symbol] => [`${name}.${key}`, member])];
}

describe.each(Object.entries(ENTRIES))('jp2kit%s', (entry, path) => {
  test('exports what is promised', async () => {
    const names = await valuesOf(path);
    if (PROMISED[entry]) expect(names).toEqual(PROMISED[entry]);
    else expect(names.length).toBeGreaterThan(0);
  });

  test('documents every name', () => {
    const all = exportsOf(path).flatMap(({ name, symbol }): [string, ts.Symbol][] =>
      entry === './parts' ? [[name, symbol]] : withMembers(name, symbol),
    );
    const bare = all.filter(([, symbol]) => symbol.getDocumentationComment(checker).length === 0);
    expect(bare.map(([name]) => name)).toEqual([]);
  });

  test('shows for every function how it is used', async () => {
    // building blocks are taken out of the middle of the decoder; docs/reading-order.md shows them at work
    const names = entry === './parts' ? [] : await valuesOf(path);
    const silent = exportsOf(path).filter(
      ({ name, symbol }) =>
        names.includes(name) &&
        symbol.flags & ts.SymbolFlags.Function &&
        !symbol.getJsDocTags(checker).some((tag) => tag.name === 'example'),
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test('is built as ES module and as CommonJS, with the same names', async () => {
    const { exports } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
    const esm = inRepository(exports[entry].import.default);
    const cjs = inRepository(exports[entry].require.default);
    if (!existsSync(esm)) throw new Error(`${esm} is missing: npm run build:js`);
    const names = Object.keys(await import(pathToFileURL(esm).href)).sort();
    expect(names).toEqual(await valuesOf(path));
    expect(Object.keys(createRequire(import.meta.url)(cjs)).sort()).toEqual(names);
  });
});

test('an error is the same class whichever entry it comes from', async () => {
  const load = (file: string): Promise<Record<string, unknown>> =>
    import(pathToFileURL(inRepository('dist', file)).href);
  const [main, core] = await Promise.all([load('index.js'), load('decode-core.js')]);
  expect(core.Jpeg2000Error).toBe(main.Jpeg2000Error);
  const require = createRequire(import.meta.url);
  expect(require(inRepository('dist', 'decode-core.cjs')).Jpeg2000Error).toBe(
    require(inRepository('dist', 'index.cjs')).Jpeg2000Error,
  );
});
