/**
 * Makes those of the small codestreams in `test/fixtures` that OpenJPEG wrote, with `opj_compress` from a generated picture: run
 * `node scripts/make-fixtures.mjs`. Those that jp2kit wrote come from `npm run sample`.
 *
 * Each is named after the feature it exercises. They are what the tests of a fresh clone stand on; the pictures are
 * made of formulas, so nothing here belongs to anybody else.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../test/fixtures/', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'jp2kit-fixtures-'));

/** A smooth picture with edges and a little noise, of any size, depth and number of components. */
function picture(width, height, components, bits, signed) {
  const most = 2 ** bits - 1;
  const bytes = bits > 8 ? 2 : 1;
  const out = Buffer.alloc(width * height * components * bytes);
  let seed = 12345;
  let at = 0;
  for (let c = 0; c < components; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        const wave = Math.sin((x + 7 * c) / 9) * Math.cos((y - 5 * c) / 7);
        const edge = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2 ? 0.25 : 0;
        const value = 0.45 + 0.25 * wave + edge + ((seed >>> 24) / 255 - 0.5) * 0.05;
        const sample = Math.max(0, Math.min(most, Math.round(value * most))) - (signed ? 2 ** (bits - 1) : 0);
        if (bytes === 1) out.writeUInt8(sample & 0xff, at);
        else out.writeUInt16BE(sample & 0xffff, at);
        at += bytes;
      }
    }
  }
  return out;
}

/** name, width, height, components, bits, signed, sampling, options */
const fixtures = [
  ['tiles-offsets-53', 61, 47, 3, 8, false, '', '-d 5,3 -T 1,2 -t 17,19 -n 3 -b 8,8'],
  ['whole-offsets-53', 61, 47, 3, 8, false, '', '-d 7,9 -T 7,9 -t 80,80 -n 4 -b 16,16'],
  ['tiles-offsets-97', 61, 47, 3, 8, false, '', '-d 5,3 -T 1,2 -t 17,19 -n 3 -b 8,8 -I -r 3,1'],
  ['whole-layers-97', 64, 48, 3, 8, false, '', '-I -n 5 -b 16,16 -r 24,12,6,2'],
  ['layers-lrcp-53', 64, 48, 3, 8, false, '', '-p LRCP -n 4 -b 16,16 -r 16,8,4,1'],
  ['precincts-rlcp-53', 61, 47, 3, 8, false, '', '-p RLCP -n 4 -c [16,16],[16,16],[8,8] -b 8,8 -r 8,1'],
  [
    'precincts-rpcl-plt-tlm-53',
    61,
    47,
    3,
    8,
    false,
    '',
    '-p RPCL -n 4 -c [16,16],[16,16],[8,8] -b 8,8 -r 8,1 -PLT -TLM -TP R',
  ],
  [
    'precincts-pcrl-sop-eph-53',
    61,
    47,
    3,
    8,
    false,
    '',
    '-p PCRL -n 4 -c [16,16],[16,16],[8,8] -b 8,8 -r 8,1 -SOP -EPH',
  ],
  ['precincts-cprl-53', 61, 47, 3, 8, false, '', '-p CPRL -n 4 -c [16,16],[16,16],[8,8] -b 8,8 -r 8,1'],
  ['poc-53', 64, 48, 3, 8, false, '', '-n 4 -b 16,16 -r 8,1 -POC T1=0,0,2,2,3,RLCP/T1=2,0,2,4,3,CPRL'],
  ['subsampled-420-53', 60, 44, 3, 8, false, '@1x1:2x2:2x2', '-n 3 -mct 0 -b 16,16 -p PCRL -d 3,5'],
  ['grey-12-signed-53', 40, 36, 1, 12, true, '', '-n 4 -b 32,32'],
  ['grey-16-97', 40, 36, 1, 16, false, '', '-n 4 -I -r 4'],
  ['all-styles-53', 48, 40, 1, 8, false, '', '-n 3 -M 63 -b 16,16 -r 6,1'],
  ['bypass-53', 48, 40, 1, 8, false, '', '-n 3 -M 1 -b 64,64'],
  ['roi-53', 48, 40, 1, 8, false, '', '-n 3 -ROI c=0,U=7'],
  ['no-levels-53', 23, 19, 1, 8, false, '', '-n 1 -b 4,4'],
];

for (const [name, width, height, components, bits, signed, sampling, options] of fixtures) {
  const raw = join(work, `${name}.raw`);
  let samples = picture(width, height, components, bits, signed);
  if (sampling) {
    // subsampled components are smaller in a raw file
    const parts = [picture(width, height, 1, bits, signed)];
    const small = picture(Math.ceil(width / 2), Math.ceil(height / 2), 2, bits, signed);
    samples = Buffer.concat([...parts, small]);
  }
  writeFileSync(raw, samples);
  const shape = `${width},${height},${components},${bits},${signed ? 's' : 'u'}${sampling}`;
  const file = join(folder, `${name}.j2k`);
  execFileSync('opj_compress', ['-i', raw, '-F', shape, '-o', file, ...options.split(' ')], { stdio: 'pipe' });
  console.log(name);
}
rmSync(work, { recursive: true });
