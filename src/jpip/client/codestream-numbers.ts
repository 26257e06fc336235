/**
 * The numbers of codestreams in messages. There is a server that counts all codestreams it has ever opened; its answers to a request for one
 * codestream are about that one, whatever number they carry.
 */

/** What a server calls the codestreams that it was asked for. */
export class CodestreamNumbers {
  /** By the number in messages. */
  private readonly known = new Map<number, number>();
  private readonly named = new Set<number>();

  /** The number within the target, of a codestream that a response to a request for `wanted` names; nothing when that is another. */
  of(codestream: number, wanted: number): number | undefined {
    const known = this.known.get(codestream);
    if (known !== undefined) return known === wanted ? wanted : undefined;
    // one number is believed to stand for it, and its own
    if (codestream !== wanted && this.named.has(wanted)) return undefined;
    this.known.set(codestream, wanted);
    this.named.add(wanted);
    return wanted;
  }

  /** The server may begin to count anew. */
  forget(): void {
    for (const [codestream, number] of this.known) {
      if (codestream === number) continue;
      this.known.delete(codestream);
      this.named.delete(number);
    }
  }
}
