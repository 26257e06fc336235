/** The small codestreams in `test/fixtures`; its README says who wrote them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../fixtures/', import.meta.url);

/** Names of all bare codestreams, without ending. */
export const FIXTURES: readonly string[] = readdirSync(fileURLToPath(folder))
  .filter((name) => name.endsWith('.j2k'))
  .map((name) => name.slice(0, -4))
  .sort();

/** The bytes of a fixture. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.j2k`, folder)));
}
