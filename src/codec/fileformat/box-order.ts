/**
 * The order in which boxes have to stand in a file, and how often (15444-1 I.2.2, I.5; 15444-2 M.11).
 */
import type { ErrorCode } from '../errors.ts';

/** A rule that a list of boxes breaks. */
export interface OrderProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly clause: string;
  /** Where in the input the box stands that breaks it, if it stands there. */
  readonly offset?: number;
}

/** What the rules look at. */
interface ListedBox {
  readonly type: string;
  readonly offset?: number;
}

/** Boxes that stand at most once beside each other at the top of a file, and where that is said. */
const SINGLE: Readonly<Record<string, string>> = {
  'jP  ': '15444-1 I.5.1',
  ftyp: '15444-1 I.5.2',
  jp2h: '15444-1 I.5.3',
  rreq: '15444-2 M.11.1',
  dtbl: '15444-2 M.11.2',
  comp: '15444-2 M.11.10',
};

/** The rules that the boxes at the top of a file break, in file order. */
export function orderProblems(boxes: readonly ListedBox[]): OrderProblem[] {
  const problems: OrderProblem[] = [];
  const add = (code: ErrorCode, message: string, clause: string, box?: ListedBox): void => {
    problems.push({ code, message, clause, ...(box?.offset === undefined ? {} : { offset: box.offset }) });
  };
  const first = (type: string): number => boxes.findIndex((box) => box.type === type);
  if (first('jP  ') !== 0) add('box-order', 'the signature box is not the first', '15444-1 I.5.1', boxes[0]);
  if (first('ftyp') < 0) add('box-missing', 'the file has no file type box', '15444-1 I.5.2');
  else if (first('ftyp') !== 1) {
    add('box-order', 'the file type box does not follow the signature box', '15444-1 I.5.2', boxes[first('ftyp')]);
  }
  if (first('rreq') >= 0 && first('rreq') !== 2) {
    const message = 'the reader requirements box does not follow the file type box';
    add('box-order', message, '15444-2 M.11.1', boxes[first('rreq')]);
  }
  const codestream = boxes.findIndex(({ type }) => isCodestream(type));
  if (codestream >= 0 && first('jp2h') > codestream) {
    add('box-order', 'the codestream comes before the JP2 header', '15444-1 I.2.2', boxes[codestream]);
  }
  const seen = new Set<string>();
  let codestreams = 0;
  let headers = 0;
  for (const box of boxes) {
    if (isCodestream(box.type)) codestreams++;
    if (box.type === 'jpch') headers++;
    const clause = Object.hasOwn(SINGLE, box.type) ? SINGLE[box.type] : undefined;
    if (clause && seen.has(box.type)) add('box-duplicate', `a second '${box.type}' box`, clause, box);
    seen.add(box.type);
  }
  if (headers > codestreams) {
    const message = `${headers} codestream header boxes for ${codestreams} codestreams`;
    add('box-duplicate', message, '15444-2 M.11.6');
  }
  return problems;
}

/** Whether a box at the top of a file is one of its codestreams, by the counting rule of 15444-2 M.11.6. */
export function isCodestream(type: string): boolean {
  return type === 'jp2c' || type === 'ftbl';
}
