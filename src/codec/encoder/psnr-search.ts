/**
 * Finding the error that a layer may be estimated to have so that it decodes to a wanted PSNR.
 *
 * Estimates add up errors of subbands as if the filters were orthogonal and nobody rounded samples, so they are off by some tenths
 * of a decibel. What a decoder makes of a file tells how far, and the next trial asks for so much more or less.
 */

/** How far above its target a PSNR may be, in decibels. */
const TOLERANCE = 0.1;
/** Where trials aim. */
const AIM = 0.03;
/** After so many trials the middle between the best two is taken instead of what the last trial suggests. */
const GUIDED_TRIALS = 4;

/** Penalties from here on are for a PSNR that is too low; they are worse than any that is too high. */
export const TOO_LOW = 1e6;
/** Too high by so much is as bad as by more: what is exact has no end of decibels. */
const TOO_HIGH = 10;

/** The search for one layer. */
export class PsnrSearch {
  /** The wanted PSNR in decibels. */
  readonly target: number;
  /** What the error that makes the target is multiplied by in the next trial; 0 for everything there is. */
  scale = 10 ** (-AIM / 10);
  /** Set when everything was not enough. */
  isShort = false;
  /** Largest scale that was good enough, and smallest that was not. */
  private good = 0;
  private bad = Number.POSITIVE_INFINITY;
  private trials = 0;

  constructor(target: number) {
    this.target = target;
  }

  /** How far a PSNR is from what is wanted: 0 when it is all right, and much when it is too low. */
  penaltyOf(psnr: number): number {
    if (psnr < this.target) return TOO_LOW + this.target - psnr;
    return Math.min(TOO_HIGH, Math.max(0, psnr - this.target - TOLERANCE));
  }

  /** Takes in what the last trial came to. */
  note(psnr: number, tookEverything: boolean): void {
    this.trials++;
    if (psnr < this.target) {
      if (this.scale === 0) this.isShort = true;
      if (tookEverything) {
        this.scale = 0;
        return;
      }
      this.bad = Math.min(this.bad, this.scale);
    } else this.good = Math.max(this.good, this.scale);
    const { good, bad } = this;
    const next = this.scale * 10 ** ((psnr - this.target - AIM) / 10);
    // errors below half a sample vanish when the decoder rounds; where that misleads, the middle will do
    if (next > good * 1.0001 && next < bad / 1.0001 && this.trials < GUIDED_TRIALS) this.scale = next;
    else if (good === 0) this.scale = bad / 4;
    else this.scale = bad === Number.POSITIVE_INFINITY ? good * 4 : Math.sqrt(good * bad);
  }

  /** Goes back to what was good enough, or to everything. */
  settle(): void {
    this.scale = this.good;
  }
}
