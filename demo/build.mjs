/** Bundles the demo pages into `demo/dist`: their scripts and style sheets, the samples, nothing from anywhere else. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = join(here, 'dist');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const name of ['index.html', 'page.css', 'viewer.html', 'viewer.css', 'samples']) {
  cpSync(join(here, name), join(out, name), { recursive: true });
}
await build({
  entryPoints: {
    page: join(here, 'page.ts'),
    viewer: join(here, 'viewer.ts'),
    'viewer-worker': join(here, 'viewer', 'worker.ts'),
    'viewer-offline': join(here, 'viewer', 'service-worker.ts'),
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});
