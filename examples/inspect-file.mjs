/** Say what a file holds without decoding it. */
import { readFile } from 'node:fs/promises';
import { inspect } from 'jp2kit';

for (const name of ['lake.jp2', 'relief.jp2']) {
  const info = await inspect(await readFile(new URL(`../demo/samples/${name}`, import.meta.url)));
  const depths = info.components.map((component) => component.precision).join(', ');
  console.log(
    `${name}: ${info.container}, ${info.width} × ${info.height}, bits ${depths}, colour ${info.colour.space}`,
  );
  console.log(
    `  ${info.levels + 1} resolutions, ${info.layers} layers, ${info.progression}, reversible: ${info.reversible}`,
  );
}
