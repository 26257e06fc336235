/** Encode a frame for DICOM, wrap it into fragments as a file has them, and decode it again. */
import { decodeFrame, encodeFrame, framesOf } from 'jp2kit/dicom';

const [rows, columns] = [128, 128];
const attributes = { bitsAllocated: 16, bitsStored: 12, highBit: 11, pixelRepresentation: 1, samplesPerPixel: 1 };
const hounsfield = Int16Array.from({ length: rows * columns }, (_, i) => {
  const [x, y] = [(i % columns) - 64, Math.floor(i / columns) - 64];
  return Math.hypot(x, y) < 50 ? 40 + ((x * y) % 16) : -1000;
});
const encoded = await encodeFrame(hounsfield, {
  ...attributes,
  photometricInterpretation: 'MONOCHROME2',
  rows,
  columns,
});
console.log(`${encoded.transferSyntaxUid}, ${encoded.fragment.length} bytes, ${encoded.ratio.toFixed(1)} : 1`);

/** @param {Uint8Array} bytes An item of encapsulated pixel data. */
function item(bytes) {
  const header = new DataView(new ArrayBuffer(8));
  header.setUint32(0, 0xe000fffe, true);
  header.setUint32(4, bytes.length, true);
  return [...new Uint8Array(header.buffer), ...bytes];
}
const { fragment, photometricInterpretation } = encoded;
const pixelData = Uint8Array.from([...item(new Uint8Array(0)), ...item(fragment)]);
const [first] = framesOf(pixelData);
const frame = await decodeFrame(first ?? [], { ...attributes, photometricInterpretation });
const same = frame.pixels.every((value, k) => value === hounsfield[k]);
console.log(`${frame.columns} × ${frame.rows}, ${frame.pixels.constructor.name}, same pixels: ${same}`);
const preview = await decodeFrame(fragment, { ...attributes, photometricInterpretation }, { reduce: 2 });
console.log(`preview ${preview.columns} × ${preview.rows}, ${preview.warnings.length} warnings`);
