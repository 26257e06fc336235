/**
 * How the published files are made: the library as ESM and CommonJS with declarations, the command line as one ESM
 * file.
 *
 * Both library formats are split into shared pieces, so that `Jpeg2000Error` is the same class whichever entry it is
 * imported from.
 */
import { defineConfig } from 'tsup';

const THIRD_PARTY = `/*! jp2kit command line. MIT licence, jp2kit contributors. */`;

export default defineConfig([
  {
    entry: {
      index: 'src/index.ts',
      'decode-core': 'src/decode-core.ts',
      node: 'src/node/index.ts',
      parts: 'src/parts.ts',
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
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    target: 'es2022',
    platform: 'node',
    // the command line is a user of the package like any other, so it comes with the library's files instead of a copy
    external: [/^jp2kit/],
    noExternal: [/^(?!jp2kit|node:)/],
    banner: { js: `#!/usr/bin/env node\n${THIRD_PARTY}` },
    splitting: false,
    treeshake: true,
    sourcemap: false,
    clean: false,
  },
]);
