/** What `jp2kit info` says of a file with several codestreams, layers, or codestreams in other files. */
import type { Composition, Fragment, Jpx } from 'jp2kit';

/** Codestreams or layers that are listed; of more, the number is. */
const MOST_LINES = 64;

/** One line for each codestream and each layer, and for how they are shown. */
export function describeJpx(jpx: Jpx): string[] {
  const { codestreams, layers, composition } = jpx;
  const lines: string[] = [row('codestreams', `${codestreams.length}`)];
  list(lines, codestreams, ({ index, fragments, header }) => {
    const image = header?.imageHeader ?? jpx.header?.imageHeader;
    const size = image ? `${image.width} × ${image.height}, ${image.numComponents} components` : 'no header';
    return [`${index}`, size, Array.isArray(fragments) ? placeOf(fragments, jpx) : 'cannot be read'];
  });
  lines.push(row('layers shown', `${layers.length}`));
  list(lines, layers, ({ index, codestreams: of, header }) => [
    `${index}`,
    of.length === 1 ? `codestream ${of[0]}` : `codestreams ${of.join(', ') || 'none'}`,
    ...(header?.label === undefined ? [] : [JSON.stringify(header.label)]),
  ]);
  if (composition) lines.push(row('composition', describeComposition(composition)));
  if (jpx.references.length > 0) lines.push(row('linked files', `${jpx.references.length}`));
  return lines;
}

/** Everything but methods, for JSON. */
export function jpxReport({ brand, codestreams, layers, composition, requirements, references, warnings }: Jpx) {
  return {
    brand,
    codestreams: codestreams.map(({ index, fragments, header }) => ({
      index,
      ...(Array.isArray(fragments) ? { fragments } : { error: { message: String(fragments) } }),
      header,
    })),
    layers,
    composition,
    // masks are larger than numbers in JSON are sure to be
    requirements: requirements?.features.map(({ feature }) => feature),
    references,
    warnings,
  };
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(13)} ${value}`;
}

function list<T>(lines: string[], items: readonly T[], describe: (item: T) => readonly string[]): void {
  for (const item of items.slice(0, MOST_LINES)) {
    const [number, ...rest] = describe(item);
    lines.push(`    ${number.padStart(5)} ${rest.join(', ')}`);
  }
  if (items.length > MOST_LINES) lines.push(`          and ${items.length - MOST_LINES} more`);
}

function placeOf(fragments: readonly Fragment[], { references }: Jpx): string {
  const bytes = fragments.reduce((sum, { length }) => sum + length, 0);
  const [{ dataReference }] = fragments;
  const other = dataReference === 0 ? '' : ` of ${JSON.stringify(references[dataReference - 1]?.url ?? '')}`;
  const pieces = fragments.length === 1 ? '' : ` in ${fragments.length} fragments`;
  return `${bytes} bytes${pieces}${other}`;
}

function describeComposition({ width, height, loops, sets }: Composition): string {
  const times = loops === Number.POSITIVE_INFINITY ? 'without end' : `${loops} times`;
  const instructions = sets.reduce((sum, set) => sum + set.repeat * set.instructions.length, 0);
  const ms = sets.reduce((sum, { repeat, tick, instructions: list }) => {
    return sum + repeat * tick * list.reduce((ticks, { animation }) => ticks + (animation?.life ?? 0), 0);
  }, 0);
  return `${width} × ${height}, ${instructions} instructions, ${ms} ms, ${times}`;
}
