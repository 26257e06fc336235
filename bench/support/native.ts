/**
 * Native programs as rivals: each run starts a process, and the time is the one that the program itself prints.
 *
 * `opj_decompress` counts from opening the file to the decoded samples, in wall-clock time, without writing them. `opj_compress` and the
 * programs of Grok count everything but the start of the process, so that reading and writing files of the page cache is in.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadPicture } from '../../src/cli/formats/picture.ts';
import { readPnm } from '../../src/cli/formats/pnm.ts';
import { requireTool, type Tool } from '../../test/support/tools.ts';

let folder: string | undefined;

/** A path for a result, in a folder that goes when this process does. */
export function scratchFile(name: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'jp2kit-bench-'));
    folder = made;
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  return join(folder, name);
}

/** Decodes a file with one thread, to a PPM or PGM; `args` may ask for a window or fewer resolutions. Returns milliseconds. */
export function decodeWithOpj(path: string, output: string, args: readonly string[] = []): number {
  return timed('opj_decompress', ['-threads', '0', '-i', path, '-o', output, ...args], /decode time: (\d+) ms/);
}

/** Encodes a PPM or PGM with one thread. Returns milliseconds. */
export function encodeWithOpj(path: string, output: string, args: readonly string[]): number {
  return timed('opj_compress', ['-threads', '0', '-i', path, '-o', output, ...args], /encode time: (\d+) ms/);
}

/** As {@link decodeWithOpj}, with Grok. */
export function decodeWithGrok(path: string, output: string): number {
  return timed('grk_decompress', ['-v', '-H', '1', '-i', path, '-o', output], /decompress time: ([\d.]+) ms/);
}

/** As {@link encodeWithOpj}, with Grok. */
export function encodeWithGrok(path: string, output: string, args: readonly string[]): number {
  return timed('grk_compress', ['-v', '-H', '1', '-i', path, '-o', output, ...args], /\bcompress time: ([\d.]+) ms/);
}

function timed(tool: Tool, args: readonly string[], pattern: RegExp): number {
  const { stdout, stderr } = spawnSync(requireTool(tool), [...args], { encoding: 'utf8', maxBuffer: 1 << 24 });
  const [, ms] = pattern.exec(stdout + stderr) ?? [];
  if (ms === undefined) throw new Error(`${tool} ${args.join(' ')} said ${stdout}${stderr}`);
  return Number(ms);
}

/** What the programs say of themselves. */
export function versionOfOpj(): string {
  return versionIn('opj_decompress', ['-h'], /library v([\d.]+\d)/);
}

/** As {@link versionOfOpj}. */
export function versionOfGrok(): string {
  return versionIn('grk_decompress', ['-version'], /version: ([\d.]+\d)/);
}

function versionIn(tool: Tool, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(requireTool(tool), [...args], { encoding: 'utf8' }); // help is a failure to both
  return pattern.exec(stdout + stderr)?.[1] ?? 'of unknown version';
}

/** The samples of a PPM or PGM. */
export function readPnmFile(path: string): ReadPicture {
  return readPnm(new Uint8Array(readFileSync(path)));
}
