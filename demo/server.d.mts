/** Serves a folder on this machine only; `port` 0 takes any free one. Resolves to the address and a way to stop. */
export function serve(folder: string, port?: number): Promise<{ url: string; close(): void }>;
