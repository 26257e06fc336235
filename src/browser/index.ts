/**
 * What only browsers have: a database to keep data-bins of JPIP pictures in (`jp2kit/browser`).
 *
 * @module browser
 */
export { indexedDbStore, type IndexedDbStoreOptions } from './indexed-db-store.ts';
