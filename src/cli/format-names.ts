/** The formats that `jp2kit decode` writes, by the names and extensions that choose them. */

/** Names that people may use. */
export const FORMATS = ['png', 'pnm', 'pgm', 'ppm', 'pam', 'pgx', 'tif', 'raw'] as const;

/** One of them. */
export type FormatName = (typeof FORMATS)[number];

/** The format of an extension or name, without regard to case. */
export function formatOf(name: string): FormatName | undefined {
  const lower = name.toLowerCase();
  if (lower === 'tiff') return 'tif';
  return FORMATS.find((format) => format === lower);
}
