/** Take the encoder apart: one code-block, what each coding pass costs and gains, and what a decoder makes of the best ones. */
import { ClassicBlockDecoder, ClassicBlockEncoder, ConvexHull, slopeOf } from 'jp2kit/parts';

// what a subband looks like: mostly small numbers, an edge across
const size = 32;
const coefficients = Int32Array.from({ length: size * size }, (_, i) => {
  const [x, y] = [i % size, Math.floor(i / size)];
  return Math.round(6 * Math.sin(x * 1.7) * Math.cos(y * 2.3) + (Math.abs(x - y) < 2 ? 90 - 3 * y : 0));
});
const shape = /** @type {const} */ ({ width: size, height: size, subband: 1, style: 0 });

const coded = new ClassicBlockEncoder().encode({
  ...shape,
  coefficients,
  fractionBits: 0,
  exact: true,
  stopSlope: 0,
  measured: false,
});
console.log(`${coded.bitPlanes} bit-planes, ${coded.numPasses} coding passes, ${coded.dataLength} bytes`);

const hull = new ConvexHull();
hull.find(coded, 1);
const decoder = new ClassicBlockDecoder();
const out = new Int32Array(size * size);
for (let k = 0; k < hull.length; k++) {
  const numPasses = hull.passes[k] + 1;
  const dataLength = hull.bytes[k];
  decoder.decode(
    {
      ...shape,
      bitPlanes: coded.bitPlanes,
      numPasses,
      data: coded.data,
      dataLength,
      numSegments: 1,
      segmentPasses: Int32Array.of(numPasses),
      segmentLengths: Int32Array.of(dataLength),
    },
    out,
    0,
    size,
  );
  // the decoder doubles its numbers, to say where in its interval a coefficient is taken to lie
  const left = coefficients.reduce((sum, value, i) => sum + (value - Math.trunc(out[i] / 2)) ** 2, 0);
  const slope = slopeOf(hull.slopes[k]).toFixed(1);
  console.log(`up to pass ${numPasses - 1}: ${dataLength} bytes, slope ${slope}, squared error ${left}`);
}
