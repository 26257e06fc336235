/** How much memory this process has had at most. */
import { readFileSync } from 'node:fs';

/**
 * Peak resident size in bytes. On Linux from `VmHWM`: the figure of `process.resourceUsage()` starts with the size of
 * the parent process there, because it survives `exec`.
 */
export function peakMemory(): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // no /proc on this system
  }
  return process.resourceUsage().maxRSS * 1024;
}
