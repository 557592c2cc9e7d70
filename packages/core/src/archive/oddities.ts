const mostLines = 100;

/** What was odd about an archive and tolerated: the first 100 lines of it. */
export class Oddities {
  /** The lines so far. */
  readonly lines: string[] = [];

  /** Notes a line; beyond the bound nothing happens. */
  add(line: string): void {
    if (this.lines.length < mostLines) this.lines.push(line);
  }
}
