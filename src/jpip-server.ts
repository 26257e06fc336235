/**
 * The JPIP server engine (`jp2kit/jpip/server`): requests in, data-bins out, without sockets.
 *
 * @module jpip/server
 */
export { JpipError } from './jpip/errors.ts';
