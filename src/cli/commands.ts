/** All commands, in the order of the help. */
import { BENCHMARK } from './benchmark/index.ts';
import type { Command } from './command.ts';
import { COMPARE } from './compare.ts';
import { completionsOf } from './completions/index.ts';
import { DECODE } from './decode.ts';
import { ENCODE } from './encode.ts';
import { FETCH } from './fetch.ts';
import { INDEX } from './index-command.ts';
import { INFO } from './info.ts';
import { JPX } from './jpx.ts';
import { MJ2 } from './mj2.ts';
import { SERVE } from './serve.ts';
import { TRANSCODE } from './transcode.ts';
import { VALIDATE } from './validate.ts';

/** The commands by their names. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  info: INFO,
  decode: DECODE,
  encode: ENCODE,
  transcode: TRANSCODE,
  validate: VALIDATE,
  index: INDEX,
  jpx: JPX,
  mj2: MJ2,
  serve: SERVE,
  fetch: FETCH,
  compare: COMPARE,
  benchmark: BENCHMARK,
  completions: completionsOf(() => COMMANDS),
};
