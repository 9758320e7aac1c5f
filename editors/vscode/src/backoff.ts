/** When to start a server again that has crashed. */

const WINDOW_MS = 3 * 60_000;
const FIRST_MS = 1000;

/** How many crashes within three minutes are enough to give up. */
export const MOST_CRASHES = 5;
/** The same for a server that has not yet answered: what does not start rarely starts the next time. */
export const MOST_FAILED_STARTS = 3;

export class Backoff {
  private crashes: number[] = [];

  /**
   * The pause before the next start, in milliseconds: 1, 2, 4, 8, 16 s; undefined when it is time to give up.
   * `now` is a time in milliseconds, `most` how many crashes are too many.
   */
  next(now: number, most: number): number | undefined {
    this.crashes = [...this.crashes.filter((time) => now - time < WINDOW_MS), now];
    return this.crashes.length > most ? undefined : FIRST_MS * 2 ** (this.crashes.length - 1);
  }

  /** The user wants it started: what was before does not count. */
  reset(): void {
    this.crashes = [];
  }
}
