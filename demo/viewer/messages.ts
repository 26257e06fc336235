/** What the page and its worker say to each other. */
import type { Rect } from '../../src/index.ts';

/** A picture that can be chosen. */
export interface Offer {
  readonly name: string;
  readonly title: string;
  /** Where it is asked for by JPIP. */
  readonly url: string;
  /** Size of the whole file. */
  readonly bytes?: number;
  /** There is no server: the worker serves the file to itself. It is read by ranges from the address, or is this one. */
  readonly own?: true | Blob;
}

/** How samples become colours: what a square looks like depends on nothing else than this and its place. */
export interface Look {
  /** Quality layers. */
  readonly layers: number;
  /** One component as grey, or all in colour. */
  readonly component?: number;
}

/** What is on the screen. */
export interface View {
  /** Reference-grid units from the picture's corner. */
  readonly region: Rect;
  /** Resolution levels left out. */
  readonly reduce: number;
  readonly look: Look;
}

/** What the page knows of a picture. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly levels: number;
  readonly layers: number;
  readonly components: number;
  readonly transparent: boolean;
  /** Lines for people. */
  readonly facts: readonly (readonly [string, string])[];
}

/** To the worker. */
export type Order =
  | { readonly kind: 'open'; readonly picture: number; readonly offer: Offer; readonly online: boolean }
  | { readonly kind: 'view'; readonly picture: number; readonly view: View; readonly overlay: boolean }
  | { readonly kind: 'online'; readonly online: boolean }
  | { readonly kind: 'forget' };

/** From the worker. `picture` is the number that the page gave. */
export type Report =
  | { readonly kind: 'opened'; readonly picture: number; readonly facts: PictureFacts }
  | { readonly kind: 'square'; readonly picture: number; readonly square: PaintedSquare }
  | { readonly kind: 'held'; readonly picture: number; readonly precincts: readonly HeldPrecinct[] }
  | {
      readonly kind: 'progress';
      readonly picture: number;
      /** Bytes of the picture that are here. */
      readonly held: number;
      /** Bytes that came over the network since the page was opened. */
      readonly received: number;
      /** Something is on its way, or being decoded. */
      readonly busy: boolean;
      /** It is not to be asked, or does not answer. */
      readonly server: 'answers' | 'silent' | 'unasked';
      /** Everything of the view is here. */
      readonly complete: boolean;
    }
  | { readonly kind: 'trouble'; readonly picture: number; readonly message: string; readonly fatal: boolean };

/** A square of the picture at one resolution. */
export interface PaintedSquare {
  readonly reduce: number;
  readonly column: number;
  readonly row: number;
  readonly look: string;
  /** Reference-grid units from the picture's corner. */
  readonly region: Rect;
  readonly bitmap: ImageBitmap;
}

/** A precinct that the view needs, and how much of it is here. */
export interface HeldPrecinct {
  readonly region: Rect;
  readonly resolution: number;
  readonly bytes: number;
  readonly complete: boolean;
}

/**
 * Width and height of squares in samples of their resolution. Code-blocks at their edges are decoded more than once, so that squares of half
 * this size would take twice as long in all.
 */
export const SQUARE = 512;

/** The coarsest resolution that is decoded: the one at which one square shows everything, if there is one. */
export function coarsestOf({ width, height, levels }: PictureFacts): number {
  let reduce = 0;
  while (reduce < levels && Math.max(width, height) / 2 ** reduce > SQUARE) reduce++;
  return reduce;
}

/** A look as a key. */
export function lookKey({ layers, component }: Look): string {
  return `${layers} ${component ?? 'all'}`;
}
