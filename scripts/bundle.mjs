/** Bundling of the project's own TypeScript programs for Node; packages stay outside the bundle. */
import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles `entry` and returns the path of an ES module that Node can run from the project's folder. */
export async function bundleForNode(entry, name) {
  const outfile = join('node_modules', '.cache', 'jp2kit', `${name}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}
