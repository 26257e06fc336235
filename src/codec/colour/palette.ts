/**
 * Palettes (15444-1 I.5.3.4 and I.5.3.5): an index component and a table become channels.
 */
import type { DiagnosticLog } from '../errors.ts';
import type { ComponentMapping, PaletteColumn } from '../fileformat/channel-boxes.ts';
import type { Jp2File } from '../fileformat/jp2-file.ts';
import type { Plane, SampleArray } from '../image.ts';

/** Where a channel comes from: a component, through a palette column or directly. */
export interface ChannelSource {
  readonly component: number;
  readonly column: PaletteColumn | undefined;
}

/**
 * The channels of a file with `numComponents` components, in the order of the component mapping box; without one, or
 * with one that makes no sense, every component is a channel.
 */
export function channelSources(file: Jp2File, numComponents: number, log: DiagnosticLog): ChannelSource[] {
  const direct = Array.from({ length: numComponents }, (_, component) => ({ component, column: undefined }));
  const palette = file.header?.palette;
  const mapping = file.header?.componentMapping;
  const clause = '15444-1 I.5.3.5';
  if (!mapping) {
    if (palette) log.add('box-missing', 'a palette without a component mapping box is ignored', { clause });
    return direct;
  }
  const columns = palette?.columns ?? [];
  const wrong = mapping.find((m) => m.component >= numComponents || (m.paletteColumn ?? -1) >= columns.length);
  if (wrong || mapping.length === 0) {
    const found = wrong
      ? `component ${wrong.component} and palette column ${wrong.paletteColumn ?? 'none'}`
      : 'no channels';
    log.add(
      'palette',
      `a component mapping to ${found} is ignored: the file has ${numComponents} and ${columns.length}`,
      {
        clause,
      },
    );
    return direct;
  }
  return mapping.map(
    ({ component, paletteColumn }: ComponentMapping): ChannelSource => ({
      component,
      column: paletteColumn === undefined ? undefined : columns[paletteColumn],
    }),
  );
}

/** One channel from a plane of indices. An index beyond the table takes its nearest end, and is reported. */
export function applyPaletteColumn<P extends Plane>(plane: P, column: PaletteColumn, log: DiagnosticLog): P {
  const { values } = column;
  const last = values.length - 1;
  const { data } = plane;
  const out = new (values.constructor as new (length: number) => SampleArray)(data.length);
  let beyond = 0;
  for (let k = 0; k < data.length; k++) {
    const index = data[k];
    if (index >= 0 && index <= last) {
      out[k] = values[index];
    } else {
      out[k] = values[index < 0 ? 0 : last];
      beyond++;
    }
  }
  if (beyond > 0) {
    log.add('palette', `${beyond} samples are no index of the palette of ${last + 1} entries; the nearest was taken`, {
      clause: '15444-1 I.5.3.4',
    });
  }
  return { ...plane, precision: column.precision, signed: column.signed, data: out };
}
