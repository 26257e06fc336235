/** Go through a large picture piece by piece, with the memory of one piece. */
import { readFile } from 'node:fs/promises';
import { decodeTiles } from 'jp2kit';

const bytes = await readFile(new URL('../demo/samples/relief.jp2', import.meta.url));
let highest = { value: -1, x: 0, y: 0 };
let pieces = 0;
for await (const piece of decodeTiles(bytes)) {
  pieces++;
  piece.data.forEach((value, i) => {
    if (value <= highest.value) return;
    highest = { value, x: piece.rect.x + (i % piece.width), y: piece.rect.y + Math.floor(i / piece.width) };
  });
}
console.log(`the summit among ${pieces} pieces: ${highest.value} at ${highest.x}, ${highest.y}`);
