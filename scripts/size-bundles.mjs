/**
 * Makes the bundles whose size is budgeted (`.size-limit.json`): what a user's bundler would keep, minified.
 *
 * `decode-core` is measured as an application would use it, with the classic block coder passed in and nothing else.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const FOLDER = 'dist/size';
const PROGRAMS = {
  'decode-core-classic': `import { classic, decodeSync } from './src/decode-core.ts';
    globalThis.run = (bytes) => decodeSync(bytes, { coders: [classic] });`,
  decode: `import { decode } from './src/index.ts'; globalThis.run = (bytes) => decode(bytes);`,
  inspect: `import { inspect } from './src/index.ts'; globalThis.run = (bytes) => inspect(bytes);`,
  transcode: `import { transcodeTo } from './src/index.ts'; globalThis.run = (...args) => transcodeTo(...args);`,
  encode: `import { encode } from './src/index.ts'; globalThis.run = (image) => encode(image);`,
  'create-encoder': `import { createEncoder } from './src/index.ts';
    globalThis.run = (header, options) => createEncoder(header, options);`,
  workers: `import { createPool } from './src/workers/index.ts'; globalThis.run = (options) => createPool(options);`,
  // from the package, which says that this file is there for its effect
  worker: `import './dist/worker.js';`,
  'jpip-client': `import { openJpip } from './src/jpip-client.ts'; globalThis.run = (url) => openJpip(url);`,
  'jpip-server': `import { createJpipEngine, nodeHandler } from './src/jpip-server.ts';
    globalThis.run = (options) => nodeHandler(createJpipEngine(options));`,
};

mkdirSync(FOLDER, { recursive: true });
for (const [name, contents] of Object.entries(PROGRAMS)) {
  const result = await build({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  });
  const [file] = result.outputFiles;
  writeFileSync(`${FOLDER}/${name}.js`, file.contents);
  const gzip = gzipSync(file.contents, { level: 9 }).length;
  console.log(`${name}: ${file.contents.length} bytes minified, ${gzip} gzip`);
}
