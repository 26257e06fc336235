/** Write what a JP2 file says beside its samples: a palette, resolution, XML and a comment. */
import { decode, encode, inspect } from 'jp2kit';

const size = 128;
const indices = Uint8Array.from(
  { length: size * size },
  (_, i) => (Math.hypot(i % size, Math.floor(i / size)) >> 4) % 4,
);
const palette = {
  // one column a channel, four colours
  columns: [
    { precision: 8, entries: Uint8Array.of(20, 240, 200, 60) },
    { precision: 8, entries: Uint8Array.of(24, 168, 80, 90) },
    { precision: 8, entries: Uint8Array.of(40, 120, 60, 140) },
  ],
};
const { data } = await encode(
  { width: size, height: size, channels: 1, data: indices },
  {
    levels: 0, // neighbours in a palette are no neighbours in colour
    colour: { palette },
    metadata: { resolution: { capture: { x: 11811, y: 11811 } }, xml: ['<rings count="11"/>'] },
    comments: ['four colours'],
  },
);

const info = await inspect(data);
console.log(`${data.length} bytes, boxes: ${info.boxes.map((box) => box.type.trim()).join(' ')}`);
console.log(`comments: ${info.comments.join('; ')}`);
const colours = await decode(data);
console.log(`colours: ${colours.channels} channels, the first is ${colours.data.subarray(0, 3).join(', ')}`);
const stored = await decode(data, { colour: 'native' });
console.log(`as stored: ${stored.channels} channel, the first is ${stored.data[0]}`);
