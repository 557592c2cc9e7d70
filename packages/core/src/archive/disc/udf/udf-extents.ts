import type { HeaderBytes } from '../../header-bytes.js';
import { damaged, unsupported } from '../../refusals.js';
import { longPlace, type UdfPlace } from './udf-descriptor.js';

/** A piece of a file: some bytes of a partition, or a hole that reads as zeros. */
export interface UdfExtent extends UdfPlace {
  readonly isHole: boolean;
}

/** Allocation descriptors, as far as they go, and where they go on. */
export interface AllocationList {
  readonly extents: readonly UdfExtent[];
  readonly next?: UdfPlace | undefined;
}

/** Bytes of the forms of allocation descriptors: short, long, extended (ECMA-167 4/14.14). */
const formBytes = [8, 16, 20] as const;
const recorded = 0;
const goesOn = 3;

/**
 * Reads a run of allocation descriptors.
 * @param form of them: 0 short, 1 long, 2 extended
 * @param partition that short ones count in: their own
 */
export function readAllocations(bytes: HeaderBytes, form: number, partition: number): AllocationList {
  const step = formBytes[form];
  if (step === undefined) throw damaged('udf', `Allocation descriptors of form ${form} are not possible`);
  const extents: UdfExtent[] = [];
  for (let at = 0; at + step <= bytes.length; at += step) {
    const first = bytes.u32(at);
    const type = first >>> 30;
    if ((first & 0x3fffffff) === 0) break;
    const place = placeOf(bytes, at, form, partition);
    if (type === goesOn) return { extents, next: place };
    extents.push({ ...place, isHole: type !== recorded });
  }
  return { extents };
}

function placeOf(bytes: HeaderBytes, at: number, form: number, partition: number): UdfPlace {
  if (form === 0) return { length: bytes.u32(at) & 0x3fffffff, block: bytes.u32(at + 4), partition };
  if (form === 1) return longPlace(bytes, at);
  const length = bytes.u32(at) & 0x3fffffff;
  // The three lengths: of the room, of what was recorded, and of the bytes that stand for.
  if ((bytes.u32(at + 4) & 0x3fffffff) !== bytes.u32(at + 8))
    throw unsupported('udf', 'Packed extents are not supported');
  return { length: Math.min(length, bytes.u32(at + 8)), block: bytes.u32(at + 12), partition: bytes.u16(at + 16) };
}
