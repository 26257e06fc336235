/** Finding the shared test material, for tests and for scripts. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inRepository } from './root.ts';

/** The folder of the shared test material, or nothing where there is none. */
export function sharedFolder(): string | undefined {
  const candidates = [process.env.JP2KIT_SHARED, inRepository('..', 'shared')];
  for (const folder of candidates) {
    if (folder && existsSync(join(folder, 'conformance', 'manifest.json'))) return resolve(folder);
  }
  return undefined;
}

/** The same for programs that are pointless without it. */
export function requireSharedFolder(): string {
  const folder = sharedFolder();
  if (folder === undefined) {
    throw new Error('the shared test material is missing: put it beside the repository or name it in JP2KIT_SHARED');
  }
  return folder;
}
