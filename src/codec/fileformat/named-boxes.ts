/** Boxes as people are shown them (15444-1 I.4): with the names that the standards give them. */
import { boxNameOf } from './box-names.ts';
import type { BoxPlace } from './jp2-file.ts';

/** A box with the name that people know it by. */
export interface BoxInfo extends BoxPlace {
  /** The standard's name, `Unknown` for a box no standard here defines. */
  readonly name: string;
  readonly children?: readonly BoxInfo[];
}

/** Boxes with their names. Whoever shows boxes asks for them; a decoder does without. */
export function withNames(boxes: readonly BoxPlace[]): BoxInfo[] {
  return boxes.map(({ children, ...box }) => {
    const named = { ...box, name: boxNameOf(box.type) };
    return children ? { ...named, children: withNames(children) } : named;
  });
}
