import type { Attributes, EntryReply } from './messages.js';

/** Lengths of the structs replies consist of, in bytes. */
export const structBytes = {
  init: 64,
  entry: 128,
  attributes: 104,
  open: 16,
  statfs: 80,
  xattrSize: 8,
  lseek: 8,
  /** `struct fuse_dirent` up to the name. */
  folderItem: 24,
} as const;

/** Blocks of `st_blocks`, in bytes. */
const blockBytes = 512;
/** A validity beyond 68 years is for ever; the kernel's own end is not far beyond. */
const maxValidMs = 0x7fff_ffff * 1000;

/** Writes an `uint64_t`, or an `int64_t` when negative. @param value a safe integer */
export function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** Writes whole seconds and the nanoseconds beyond them, which the kernel wants from 0 up, before 1970 as well. */
function setTime(view: DataView, secondsAt: number, nanosecondsAt: number, timeMs: number): void {
  const seconds = Math.floor(timeMs / 1000);
  setU64(view, secondsAt, seconds);
  view.setUint32(nanosecondsAt, Math.floor((timeMs - seconds * 1000) * 1e6), true);
}

const validity = (validMs: number) => (validMs > 0 ? Math.min(validMs, maxValidMs) : 0);

/** `struct fuse_attr`: 88 bytes, all written. One time serves as all three. */
function setAttributes(view: DataView, at: number, attributes: Attributes): void {
  const timeMs = Number.isFinite(attributes.modifiedMs) ? attributes.modifiedMs : 0;
  setU64(view, at, attributes.inode);
  setU64(view, at + 8, attributes.size);
  setU64(view, at + 16, Math.ceil(attributes.size / blockBytes));
  setTime(view, at + 24, at + 48, timeMs);
  setTime(view, at + 32, at + 52, timeMs);
  setTime(view, at + 40, at + 56, timeMs);
  view.setUint32(at + 60, attributes.mode, true);
  view.setUint32(at + 64, attributes.links, true);
  view.setUint32(at + 68, attributes.uid, true);
  view.setUint32(at + 72, attributes.gid, true);
  setU64(view, at + 76, 0); // rdev; blksize, where 0 leaves the choice to the kernel
  view.setUint32(at + 84, 0, true);
}

/** `struct fuse_attr_out`, all written. */
export function setAttributesReply(view: DataView, at: number, attributes: Attributes, validMs: number): void {
  setTime(view, at, at + 8, validity(validMs));
  view.setUint32(at + 12, 0, true);
  setAttributes(view, at + 16, attributes);
}

/** `struct fuse_entry_out`, all written. */
export function setEntry(view: DataView, at: number, entry: EntryReply): void {
  setU64(view, at, entry.node);
  setU64(view, at + 8, entry.generation);
  setTime(view, at + 16, at + 32, validity(entry.entryValidMs));
  setTime(view, at + 24, at + 36, validity(entry.attributesValidMs));
  setAttributes(view, at + 40, entry.attributes);
}
