/**
 * Tests that need more than the repository: the shared test material (conformance files, photographs), which lies
 * beside it, and native programs.
 *
 * Where something is missing, such tests are skipped out loud; with JP2KIT_REQUIRE_ALL=1, as in the gate, they fail.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharedFolder } from './shared-folder.ts';
import { findTool, type Tool } from './tools.ts';

/** True when a missing tool or file must fail instead of being skipped. */
export const REQUIRE_ALL = process.env.JP2KIT_REQUIRE_ALL === '1';

/** A path inside the shared material; only call it inside {@link describeShared}. */
export function sharedPath(...parts: string[]): string {
  return join(sharedFolder() ?? 'shared', ...parts);
}

const said = new Set<string>();

/** Says once why something is skipped, so that a green run does not hide it. */
export function sayOnce(message: string): void {
  if (said.has(message)) return;
  said.add(message);
  process.stderr.write(`skipped: ${message}\n`);
}

/** A block of tests that needs `part` of the shared material. */
export function describeShared(part: string, name: string, body: () => void): void {
  describeWith(name, sharedComplaint(part), body);
}

/** A block of tests that needs native programs. */
export function describeTools(tools: readonly Tool[], name: string, body: () => void): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  describeWith(name, missing.length > 0 ? `${missing.join(', ')} not installed` : undefined, body);
}

/** A block of tests that runs only without complaints about what it needs. */
export function describeWith(name: string, complaint: string | undefined, body: () => void): void {
  if (complaint === undefined) {
    describe(name, body);
  } else if (REQUIRE_ALL) {
    describe(name, () => {
      test('has what it needs', () => expect.fail(complaint));
    });
  } else {
    sayOnce(`${name}: ${complaint}`);
    // the body is not even looked at: it may read what is missing
    describe.skip(name, () => {
      test(complaint, () => {});
    });
  }
}

function sharedComplaint(part: string): string | undefined {
  const folder = sharedFolder();
  if (folder === undefined) return 'no shared test material (beside the repository or at JP2KIT_SHARED)';
  return existsSync(join(folder, part)) ? undefined : `the shared test material has no ${part}`;
}
