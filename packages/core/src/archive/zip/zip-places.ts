import { incomplete } from '../refusals.js';

/** Turns places in a ZIP, which are given as a disk and an offset on it, into places in the input. */
export class ZipPlaces {
  readonly #name: string;
  readonly #starts: readonly number[];
  #isSplit = false;

  /** @param partSizes of the parts that were joined, of a split archive `.z01`, `.z02`, ... `.zip` */
  constructor(name: string, partSizes: readonly number[] = []) {
    this.#name = name;
    let at = 0;
    this.#starts = partSizes.map((size) => {
      at += size;
      return at - size;
    });
  }

  /** Told the number of the last disk, counted from 0. @throws ArchiveUnsupportedError when there are other parts than that */
  checkDisks(lastDisk: number): void {
    if (lastDisk === 0) return;
    const parts = Math.max(1, this.#starts.length);
    if (parts !== lastDisk + 1)
      throw incomplete('zip', `${this.#name} is the last of ${lastDisk + 1} parts, of which ${parts} are here`);
    this.#isSplit = true;
  }

  /** Where an offset on a disk is in the input. Pieces cut without regard to the format all are disk 0. */
  at(disk: number, offset: number): number {
    if (disk === 0) return offset;
    const start = this.#starts[disk];
    if (start === undefined) throw incomplete('zip', `Part ${disk + 1} of ${this.#name} is missing`);
    return start + offset;
  }

  /** Where an offset on a disk is, with what was put in front of the whole, or why that is nowhere. */
  atShifted(disk: number, offset: number, shiftBytes: number): number | Error {
    const start = this.#isSplit ? this.#starts[disk] : 0;
    if (start === undefined) return incomplete('zip', `Part ${disk + 1} of ${this.#name} is missing`);
    const place = start + offset + shiftBytes;
    return place < 0 ? incomplete('zip', `A member lies before the beginning of ${this.#name}`) : place;
  }
}
