/**
 * Profile-0 and Profile-1: the restrictions of codestreams of the first edition (15444-1 A.10, Table A.45).
 *
 * What the table says about the order of tile-parts and about precincts is not checked.
 */
import { type CodestreamShape, isOneOf, isSquareBlock, rule, type ShapeRule } from '../codestream/profiles.ts';

/** The rules by name. */
export const RESTRICTIONS: Readonly<Record<'profile-0' | 'profile-1', readonly ShapeRule[]>> = /* @__PURE__ */ (() => ({
  'profile-0': [
    rule((s) => s.atOrigin, 'image and tile offsets are 0'),
    rule(
      (s) => s.oneTile || (s.tile.width === 128 && s.tile.height === 128),
      'there is one tile, or tiles are 128 x 128',
    ),
    rule(
      (s) => s.components.every((c) => isOneOf([1, 2, 4], c.xrsiz) && isOneOf([1, 2, 4], c.yrsiz)),
      'sample distances are 1, 2 or 4',
    ),
    rule((s) => isSquareBlock(s, [32, 64]), 'code-blocks are 32 x 32 or 64 x 64'),
    rule(
      (s) => !s.styles.includes('reset') && !s.styles.includes('causal'),
      'contexts are not reset, and no context is vertically causal',
    ),
    rule((s) => !s.hasPackedHeaders, 'packed packet headers (PPM, PPT) are not allowed'),
    rule(hasSmallLowest, 'the lowest resolution level is at most 128 x 128'),
  ],
  'profile-1': [
    rule(
      (s) => s.oneTile || (s.tile.width === s.tile.height && s.tile.width <= 1024 * leastDistance(s)),
      'there is one tile, or tiles are square and at most 1024 wide',
    ),
    rule(
      (s) => s.codeBlock === undefined || Math.max(s.codeBlock.width, s.codeBlock.height) <= 64,
      'code-blocks are at most 64 wide and high',
    ),
    rule((s) => !s.oneTile || hasSmallLowest(s), 'the lowest resolution level is at most 128 x 128'),
  ],
}))();

function leastDistance({ components }: CodestreamShape): number {
  return Math.min(...components.flatMap((c) => [c.xrsiz, c.yrsiz]));
}

/** Table A.45, LL resolution, with one tile: what is left of the image after all levels. */
function hasSmallLowest({ width, height, levels: n, tile }: CodestreamShape): boolean {
  const left = (size: number) => Math.ceil(size / 2 ** n);
  return left(Math.min(width, tile.width)) <= 128 && left(Math.min(height, tile.height)) <= 128;
}
