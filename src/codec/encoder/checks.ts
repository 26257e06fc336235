/**
 * Checks of numbers in a call.
 */
import { usage } from '../errors.ts';

/** A whole number within bounds, or a `usage` error that names it. */
export function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw usage('option-value', `${name} must be a whole number from ${least} to ${most}, found ${value}`);
}
