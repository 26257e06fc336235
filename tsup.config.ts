/**
 * How the published files are made: the library as ESM and CommonJS with declarations, the command line as one ESM
 * file with the libraries that read PNG and TIFF inside, so that installing jp2kit installs nothing else.
 *
 * Both library formats are split into shared pieces, so that `Jpeg2000Error` is the same class whichever entry it is
 * imported from.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';
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

export default defineConfig([
  {
    entry: {
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
    },
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/],
    dts: true,
    splitting: true,
    treeshake: true,
    sourcemap: true,
    clean: false,
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
