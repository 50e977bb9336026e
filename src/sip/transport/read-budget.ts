/** What may be read of one connection in a second. */
export class ReadBudget {
  #left = 0;
  #second = 0;

  /**
   * @param now epoch milliseconds
   * @returns for how many milliseconds nothing more is to be read; 0: go on
   */
  spend(bytes: number, bytesPerSecond: number, now: number): number {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      // What was read too much counts for the next second.
      this.#left = bytesPerSecond + Math.min(0, this.#left);
    }
    this.#left -= bytes;
    return this.#left >= 0 ? 0 : (second + 1) * 1000 - now;
  }
}
