/**
 * The JPIP client (`jp2kit/jpip/client`): pictures on a server, as if they were here.
 *
 * @module jpip/client
 */
export { JpipError } from './jpip/errors.ts';
