/** Kinds of files by their extensions, for shells that complete names. What a file is shows in its first bytes. */

/** Files and codestreams of JPEG 2000. */
export const JPEG2000_FILES = ['jp2', 'jpx', 'jpf', 'j2k', 'j2c', 'jpc', 'jph', 'jhc', 'mj2'] as const;

/** Pictures that the encoder reads. */
export const PICTURE_FILES = ['png', 'tif', 'tiff', 'pbm', 'pgm', 'ppm', 'pnm', 'pam', 'pgx', 'raw', 'rawl'] as const;

/** Both. */
export const ALL_PICTURES = [...JPEG2000_FILES, ...PICTURE_FILES] as const;

/** Indexes of packets. */
export const INDEX_FILES = ['idx'] as const;
