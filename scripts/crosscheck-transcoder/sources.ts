/** The codestreams that are transcoded: the conformance files, and generated ones of three encoders. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSync, inspectSync } from '../../src/index.ts';
import { makeCase } from '../crosscheck/cases.ts';
import { encodeCase } from '../crosscheck/encode.ts';
import { loadSeeds, makePlanes, type Seeds } from '../crosscheck/pictures.ts';
import { makeCase as makeEncoderCase } from '../crosscheck-encoder/cases.ts';
import { codestreamOf, imageOf } from '../crosscheck-encoder/check.ts';

/** One codestream to transcode. */
export interface Source {
  readonly name: string;
  readonly codestream: Uint8Array;
}

/** The codestreams of Part 1 conformance, and those inside JP2 files. */
export function conformanceSources(shared: string): Source[] {
  return ['part1', 'jp2', 'features'].flatMap((folder) =>
    readdirSync(join(shared, 'conformance', folder))
      .filter((name) => /\.(?:j2k|jp2)$/.test(name))
      .sort()
      .map((name) => {
        const bytes = new Uint8Array(readFileSync(join(shared, 'conformance', folder, name)));
        return { name, codestream: name.endsWith('.jp2') ? codestreamOf(bytes) : bytes };
      }),
  );
}

/** Generated codestream `number` of a seed: by OpenJPEG or Grok where the number is even, else by this library. */
export async function generatedSource(seed: number, number: number, seeds: Seeds): Promise<Source> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (number % 2 === 0) {
      const item = makeCase(seed, number, attempt);
      const encoded = await encodeCase(item, makePlanes(item.picture, item.seed, seeds));
      // what the encoder did not do as it was told is looked at by the decoder's cross-check
      if (typeof encoded === 'string' || encoded.departures.length > 0 || !isLegal(encoded.codestream)) continue;
      return { name: `${item.encoder} ${item.id}`, codestream: encoded.codestream };
    }
    const item = makeEncoderCase(seed, number, attempt);
    try {
      const { data } = encodeSync(imageOf(item), { ...item.options, container: 'codestream', metadata: undefined });
      return { name: `jp2kit ${item.id}`, codestream: data };
    } catch {
      // an option that cannot be with this picture; the next attempt draws another
    }
  }
  throw new Error(`nothing could be generated for number ${number}`);
}

/** Encoders can be made to write headers that nobody may read. */
function isLegal(codestream: Uint8Array): boolean {
  try {
    inspectSync(codestream);
    return true;
  } catch {
    return false;
  }
}

export { loadSeeds };
