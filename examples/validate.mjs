/** Check files against the standard and against a profile, without decoding them. */
import { readFile } from 'node:fs/promises';
import { validate } from 'jp2kit';

const lake = await readFile(new URL('../demo/samples/lake.jp2', import.meta.url));

/** @param {string} name @param {import('jp2kit').ValidationReport} report */
function show(name, { valid, findings, checked }) {
  console.log(`${name}: ${valid ? 'valid' : 'not valid'}, ${checked.packets} packets followed`);
  for (const { severity, code, message } of findings.slice(0, 3)) console.log(`  ${severity} ${code}: ${message}`);
}

show('lake.jp2', await validate(lake));
show('as a frame of cinema', await validate(lake, { profile: 'cinema2k' }));
show('half of it', await validate(lake.subarray(0, lake.length / 2)));
