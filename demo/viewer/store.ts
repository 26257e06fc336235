/** Where the viewer keeps what it has received: in a database of the browser, so that it is still there tomorrow, and without a network. */
import { type DataBinStore, memoryStore } from '../../src/jpip-client.ts';
import { indexedDbStore } from '../../src/browser/index.ts';

const NAME = 'jp2kit-viewer';

let store: Promise<DataBinStore> | undefined;

/** The store of all pictures. */
export function pictureStore(): Promise<DataBinStore> {
  store ??= databaseWorks().then((works) => (works ? indexedDbStore(NAME) : memoryStore()));
  return store;
}

/** Empties it. */
export async function forgetStore(): Promise<void> {
  await (await store)?.close();
  store = undefined;
  await new Promise<void>((resolve) => {
    const request = indexedDB.deleteDatabase(NAME);
    // another page that has it open keeps it; then it goes when that is closed
    for (const end of ['success', 'error', 'blocked']) request.addEventListener(end, () => resolve());
  });
}

/** Browsers refuse databases in some private windows; then things are kept as long as the page is open. */
function databaseWorks(): Promise<boolean> {
  const probe = `${NAME}-probe`;
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(probe);
      request.onerror = () => resolve(false);
      request.onsuccess = () => {
        request.result.close();
        indexedDB.deleteDatabase(probe);
        resolve(true);
      };
    } catch {
      resolve(false);
    }
  });
}
