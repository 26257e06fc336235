/**
 * Native programs used as oracles in tests and benches, never by the library: OpenJPEG, Grok, OpenJPH, FFmpeg, GDAL, shells, and a browser.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs that tests may ask for. */
export type Tool =
  | 'opj_compress'
  | 'opj_decompress'
  | 'opj_dump'
  | 'grk_dump'
  | 'grk_compress'
  | 'grk_decompress'
  | 'ojph_compress'
  | 'ojph_expand'
  | 'bash'
  | 'zsh'
  | 'fish'
  | 'chromium'
  | 'ffmpeg'
  | 'ffprobe'
  | 'gdalinfo'
  | 'gdal_translate'
  | 'opj_server'
  | 'opj_dec_server'
  | 'opj_jpip_transcode'
  | 'spawn-fcgi'
  | 'nginx'
  | 'wrk';

/** Where a program lies, or nothing. A path in the environment (JP2KIT_CHROMIUM, …) wins over the search path. */
export function findTool(tool: Tool): string | undefined {
  const named = process.env[`JP2KIT_${tool.toUpperCase().replaceAll('-', '_')}`];
  // servers lie where only administrators look
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const names = tool === 'chromium' ? ['chromium', 'chromium-browser', 'google-chrome'] : [tool];
  const candidates = named ? [named] : names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable);
}

/** The same for callers that cannot go on without it. */
export function requireTool(tool: Tool): string {
  const path = findTool(tool);
  if (path === undefined) throw new Error(`${tool} is not installed`);
  return path;
}

/** What a program said and how it ended. */
export interface ToolRun {
  readonly ok: boolean;
  readonly code: number | string | null;
  readonly output: string;
}

/** Runs a program to its end; a failure is a result, not an exception, because oracles may fail. */
export function runTool(tool: Tool, args: readonly string[], timeoutMs = 60_000): Promise<ToolRun> {
  const path = requireTool(tool);
  return new Promise((resolve) => {
    execFile(path, [...args], { timeout: timeoutMs, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, code: error ? (error.code ?? error.signal ?? null) : 0, output: stdout + stderr });
    });
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
