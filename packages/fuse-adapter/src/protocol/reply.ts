import { errno } from './errno.js';
import { headerBytes } from './flags.js';
import { setAttributesReply, setEntry, setU64, structBytes } from './layout.js';
import type { Attributes, EntryReply, InitReply, OpenReply, StatfsReply } from './messages.js';

/*
 * Replies lie in one scratch buffer: what a function here returns is valid until the next of them is called, so it must
 * be written at once. `FuseDevice.reply` does that. Numbers must be safe integers, as those of requests are.
 */

const scratch = new ArrayBuffer(headerBytes.reply + structBytes.entry);
const view = new DataView(scratch);
const body = headerBytes.reply;

const reply = (payloadBytes: number) => new Uint8Array(scratch, 0, headerBytes.reply + payloadBytes);
const replies = {
  header: reply(0),
  init: reply(structBytes.init),
  entry: reply(structBytes.entry),
  attributes: reply(structBytes.attributes),
  open: reply(structBytes.open),
  statfs: reply(structBytes.statfs),
  xattrSize: reply(structBytes.xattrSize),
  lseek: reply(structBytes.lseek),
};

/** `struct fuse_out_header`. */
function setHeader(totalBytes: number, error: number, unique: number): void {
  view.setUint32(0, totalBytes, true);
  view.setInt32(4, error, true);
  setU64(view, 8, unique);
}

/**
 * Header of a successful reply whose payload is written after it (READ, READLINK, READDIR, GETXATTR, LISTXATTR), or of
 * one without a payload: `payloadBytes` 0. Valid until the next encoding.
 */
export function replyHeader(unique: number, payloadBytes: number): Uint8Array {
  setHeader(headerBytes.reply + payloadBytes, 0, unique);
  return replies.header;
}

/**
 * A reply that says what went wrong, by a positive error number. A number the kernel would not take (it must be below
 * 512) becomes EIO, since a refused reply would leave the caller waiting. Valid until the next encoding.
 */
export function errorReply(unique: number, errorNumber: number): Uint8Array {
  const acceptable = Number.isInteger(errorNumber) && errorNumber > 0 && errorNumber < 512;
  setHeader(headerBytes.reply, -(acceptable ? errorNumber : errno.EIO), unique);
  return replies.header;
}

/** Answer to INIT: `struct fuse_init_out`. Valid until the next encoding. */
export function encodeInit(unique: number, init: InitReply): Uint8Array {
  replies.init.fill(0);
  setHeader(replies.init.length, 0, unique);
  view.setUint32(body, init.major, true);
  view.setUint32(body + 4, init.minor, true);
  view.setUint32(body + 8, init.maxReadAheadBytes, true);
  view.setUint32(body + 12, Number(init.flags & 0xffff_ffffn), true);
  view.setUint16(body + 16, init.maxBackground, true);
  view.setUint16(body + 18, init.congestionThreshold, true);
  view.setUint32(body + 20, init.maxWriteBytes, true);
  view.setUint32(body + 24, init.timeGranularityNs, true);
  view.setUint16(body + 28, init.maxPages, true);
  view.setUint32(body + 32, Number((init.flags >> 32n) & 0xffff_ffffn), true);
  return replies.init;
}

/** Answer to LOOKUP and MKDIR: `struct fuse_entry_out`. Valid until the next encoding. */
export function encodeEntry(unique: number, entry: EntryReply): Uint8Array {
  setHeader(replies.entry.length, 0, unique);
  setEntry(view, body, entry);
  return replies.entry;
}

/** Answer to GETATTR: `struct fuse_attr_out`. Valid until the next encoding. */
export function encodeAttributes(unique: number, attributes: Attributes, validMs: number): Uint8Array {
  setHeader(replies.attributes.length, 0, unique);
  setAttributesReply(view, body, attributes, validMs);
  return replies.attributes;
}

/** Answer to OPEN and OPENDIR: `struct fuse_open_out`. Valid until the next encoding. */
export function encodeOpen(unique: number, open: OpenReply): Uint8Array {
  setHeader(replies.open.length, 0, unique);
  setU64(view, body, open.handle);
  setU64(view, body + 8, open.flags); // and the padding after it
  return replies.open;
}

/** Answer to STATFS: `struct fuse_statfs_out`. Valid until the next encoding. */
export function encodeStatfs(unique: number, statfs: StatfsReply): Uint8Array {
  replies.statfs.fill(0);
  setHeader(replies.statfs.length, 0, unique);
  setU64(view, body, statfs.blocks);
  setU64(view, body + 8, statfs.freeBlocks);
  setU64(view, body + 16, statfs.freeBlocks);
  setU64(view, body + 24, statfs.files);
  setU64(view, body + 32, statfs.freeFiles);
  view.setUint32(body + 40, statfs.blockBytes, true);
  view.setUint32(body + 44, statfs.maxNameBytes, true);
  view.setUint32(body + 48, statfs.blockBytes, true);
  return replies.statfs;
}

/** How large a value is, for GETXATTR and LISTXATTR of size 0: `struct fuse_getxattr_out`. Valid until the next encoding. */
export function encodeXattrSize(unique: number, sizeBytes: number): Uint8Array {
  setHeader(replies.xattrSize.length, 0, unique);
  setU64(view, body, sizeBytes); // and the padding after it
  return replies.xattrSize;
}

/** Answer to LSEEK: `struct fuse_lseek_out`. Valid until the next encoding. */
export function encodeLseek(unique: number, offset: number): Uint8Array {
  setHeader(replies.lseek.length, 0, unique);
  setU64(view, body, offset);
  return replies.lseek;
}

/** Payload of LISTXATTR: every name with its NUL. Yours. */
export function xattrNames(names: readonly string[]): Uint8Array {
  return Buffer.from(names.map((name) => `${name}\0`).join(''));
}
