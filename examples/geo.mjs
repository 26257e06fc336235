/** Say where a picture lies on the ground, and decode the part around a point. */
import { encode, open } from 'jp2kit';
import { geoOf, geotiffBytes, modelToPixel, pixelToModel } from 'jp2kit/geo';

const [width, height] = [400, 300];
const data = new Uint8Array(width * height).map((_, i) => (i % width) ^ Math.floor(i / width));
const geotiff = geotiffBytes({ affine: [0.5, 0, 448000, 0, -0.5, 5412000], crs: { epsg: 32632 } });
const file = await encode({ width, height, channels: 1, data }, { metadata: { geotiff } });

const image = await open(file.data);
const geo = geoOf(image.info);
if (!geo) throw new Error('the file says no place');
const { minX, minY, maxX, maxY } = geo.bounds;
console.log(`EPSG:${geo.crs.epsg}, ${minX} to ${maxX} east, ${minY} to ${maxY} north (${geo.source})`);

const { x, y } = modelToPixel(geo, 448100, 5411950);
const region = { x: Math.floor(x) - 16, y: Math.floor(y) - 16, width: 32, height: 32 };
const part = await image.decode({ region });
const corner = pixelToModel(geo, region.x, region.y);
console.log(`${part.width} × ${part.height} pixels from ${corner.x}, ${corner.y}`);
