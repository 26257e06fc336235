/**
 * What only Node has: files to read from by ranges and to write to (`jp2kit/node`).
 *
 * @module node
 */
export type { ByteSink, SpillStore } from '../codec/sink.ts';
export type { ByteRange, RandomAccessSource } from '../codec/source.ts';
export { fileSink, spillFile } from './file-sink.ts';
export { fileStore } from './file-store.ts';
export { fileSource } from './file-source.ts';
export { folderResolver, type FolderResolverOptions } from './folder-resolver.ts';
export { jpipTargets, type JpipTargets, type JpipTargetsOptions, type ListedTarget } from './jpip-targets.ts';
