/** What happens with damaged, hostile and oversized input. */
import { readFile } from 'node:fs/promises';
import { decode, Jpeg2000Error } from 'jp2kit';

const bytes = new Uint8Array(await readFile(new URL('../demo/samples/lake.jp2', import.meta.url)));

// a truncated file is a picture with less detail, and says so
const half = await decode(bytes.subarray(0, bytes.length >> 1));
console.log(`half the file: ${half.status}; ${half.warnings.map((warning) => warning.code).join(', ')}`);

// unless that is not wanted
await attempt('strict', () => decode(bytes.subarray(0, bytes.length >> 1), { strict: true }));

// limits are checked before memory is allocated
await attempt('limits', () => decode(bytes, { limits: { pixels: 100_000 } }));
await attempt('not a picture', () => decode(new TextEncoder().encode('<html>not found</html>')));

// an abort ends the work soon
const abort = new AbortController();
setTimeout(() => abort.abort(new Error('changed my mind')), 1);
await attempt('abort', () => decode(bytes, { signal: abort.signal }));

/**
 * @param {string} what
 * @param {() => Promise<unknown>} action
 */
async function attempt(what, action) {
  try {
    await action();
    console.log(`${what}: worked`);
  } catch (error) {
    if (error instanceof Jpeg2000Error) console.log(`${what}: ${error.kind}, ${error.code}: ${error.message}`);
    else console.log(`${what}: ${error}`);
  }
}
