/**
 * How the published files are made: the library as ESM and CommonJS with declarations, the command line as one ESM
 * file with the libraries that read PNG and TIFF inside, so that installing jp2kit installs nothing else.
 *
 * Both library formats are split into shared pieces, so that `Jpeg2000Error` is the same class whichever entry it is
 * imported from. There are few of them, since a program waits about as long for one more file as for 20 kB more of it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';
import { type GetModuleInfo, rollup } from 'rollup';
import { defineConfig } from 'tsup';

/** Where the licences of what the command line brings along are kept. */
const LICENCES = 'dist/cli.licences.txt';

const NOTICE = `/*! jp2kit command line. MIT licence, jp2kit contributors. Libraries inside: see cli.licences.txt. */`;

/** Writes the licences of all packages that are bundled into a file, as those ask for. */
function thirdPartyLicences(path: string): Plugin {
  return {
    name: 'third-party-licences',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        const folders = Object.keys(metafile?.inputs ?? {}).flatMap((input) => {
          const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
          return found ? [found[1]!] : [];
        });
        const texts = [...new Set(folders)].sort().map(licenceText);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
      });
    },
  };
}

/** Name, version, licence and the text of the licence, where the package has one. */
function licenceText(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : '';
  return [`${name} ${version}: ${license}`, text].filter((part) => part !== '').join('\n\n');
}

/** The library's entries by the names that their files get. */
const ENTRIES = {
  index: 'src/index.ts',
  browser: 'src/browser/index.ts',
  'decode-core': 'src/decode-core.ts',
  dicom: 'src/dicom/index.ts',
  geo: 'src/geo/index.ts',
  jpip: 'src/jpip.ts',
  'jpip-client': 'src/jpip-client.ts',
  'jpip-server': 'src/jpip-server.ts',
  node: 'src/node/index.ts',
  parts: 'src/parts.ts',
  workers: 'src/workers/index.ts',
  'workers-node': 'src/workers/node.ts',
};

/** A piece that a file of esbuild's imports for an effect that it does not have: one it shares no name with. */
const UNUSED_PIECE = /^import ["']\.\/chunk-[^"']+["'];$/gm;

/** Entries that load no more of what the main one has than they need; the others may. */
const LEAN: readonly (keyof typeof ENTRIES)[] = ['decode-core', 'workers', 'jpip-client'];

/**
 * Joins the pieces that esbuild has made, one for every set of entries: those that the main entry and the same of the lean ones load
 * become one file. The CommonJS form is made of the same pieces.
 */
async function joinPieces(folder: string): Promise<void> {
  const bundle = await rollup({
    input: Object.fromEntries(Object.keys(ENTRIES).map((name) => [name, join(folder, `${name}.js`)])),
    external: (id) => !/^[./]/.test(id),
    treeshake: { moduleSideEffects: false },
    plugins: [
      {
        name: 'pieces',
        load: (id) => ({
          code: readFileSync(id, 'utf8').replace(UNUSED_PIECE, ''),
          map: readFileSync(`${id}.map`, 'utf8'),
        }),
      },
    ],
  });
  const manualChunks = (id: string, { getModuleInfo }: { getModuleInfo: GetModuleInfo }): string | undefined => {
    if (!basename(id).startsWith('chunk-')) return undefined;
    const loads = (name: string): boolean => piecesOf(join(dirname(id), `${name}.js`), getModuleInfo).has(id);
    return loads('index') ? ['chunk', ...LEAN.filter(loads), 'index'].join('-') : undefined;
  };
  const files = [];
  for (const [format, extension] of [
    ['es', 'js'],
    ['cjs', 'cjs'],
  ] as const) {
    const { output } = await bundle.generate({
      format,
      exports: 'named',
      entryFileNames: `[name].${extension}`,
      chunkFileNames: ({ name }) => `${name.startsWith('chunk-') ? name : `chunk-${name}`}.${extension}`,
      manualChunks,
      hoistTransitiveImports: false,
      minifyInternalExports: false,
      sourcemap: true,
      generatedCode: 'es2015',
    });
    files.push(...output);
  }
  await bundle.close();
  for (const file of readdirSync(folder)) if (/^chunk-.*js(\.map)?$/.test(file)) rmSync(join(folder, file));
  for (const file of files) writeFileSync(join(folder, file.fileName), file.type === 'chunk' ? file.code : file.source);
}

/** All that a file imports, and what that imports. */
function piecesOf(id: string, getModuleInfo: GetModuleInfo, found = new Set<string>()): Set<string> {
  for (const piece of getModuleInfo(id)?.importedIds ?? []) {
    if (found.has(piece)) continue;
    found.add(piece);
    piecesOf(piece, getModuleInfo, found);
  }
  return found;
}

export default defineConfig([
  {
    entry: ENTRIES,
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/],
    dts: true,
    splitting: true,
    sourcemap: true,
    clean: false,
    onSuccess: () => joinPieces('dist'),
  },
  {
    // one file without shared pieces, so that it can be copied beside a bundle
    entry: { worker: 'src/workers/worker-main.ts' },
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    dts: true,
    splitting: false,
    treeshake: true,
    sourcemap: true,
    clean: false,
  },
  {
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    target: 'es2022',
    platform: 'node',
    // the command line is a user of the package like any other, so it comes with the library's files instead of a copy
    external: [/^jp2kit/],
    noExternal: [/^(?!jp2kit|node:)/],
    esbuildPlugins: [thirdPartyLicences(LICENCES)],
    banner: { js: `#!/usr/bin/env node\n${NOTICE}` },
    splitting: false,
    treeshake: true,
    sourcemap: false,
    clean: false,
  },
]);
