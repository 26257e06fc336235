/**
 * JPIP (ISO/IEC 15444-9), both sides: what `jp2kit/jpip/client` and `jp2kit/jpip/server` export, and the protocol itself.
 *
 * @module jpip
 */
export * from './jpip-client.ts';
export * from './jpip-server.ts';
