import type {
  Attributes,
  EntryReply,
  FolderItem,
  FuseRequest,
  InitReply,
  OpenReply,
  StatfsReply,
} from '../src/protocol/messages.js';
import { type StructName, sizeOf, unpack } from './kernel-structs.js';

/** What an answer says, by request. Those not listed are answered with nothing, or not at all. */
export interface ReplyBodies {
  readonly init: InitReply;
  readonly lookup: EntryReply;
  readonly mkdir: EntryReply;
  readonly getattr: { readonly attributesValidMs: number; readonly attributes: Attributes };
  readonly readlink: string;
  readonly open: OpenReply;
  readonly opendir: OpenReply;
  readonly read: Uint8Array;
  /** See {@link parseFolder}. */
  readonly readdir: Uint8Array;
  readonly readdirplus: Uint8Array;
  readonly lseek: number;
  readonly statfs: StatfsReply;
  /** The value, or for a request of size 0 what {@link xattrSize} reads. */
  readonly getxattr: Uint8Array;
  readonly listxattr: Uint8Array;
}

/** What a request is answered with. */
export type BodyOf<Op extends FuseRequest['op']> = Op extends keyof ReplyBodies ? ReplyBodies[Op] : undefined;

/** A reply as the kernel understands it. */
export interface KernelReply<Body> {
  readonly unique: number;
  /** 0, or what went wrong, as a positive number. */
  readonly errno: number;
  /** Only without an error. */
  readonly body: Body | undefined;
}

type Fields = Readonly<Record<string, number>>;

const milliseconds = (seconds: number | undefined, nanoseconds: number | undefined) =>
  seconds! * 1000 + nanoseconds! / 1e6;

function attributesOf(fields: Fields): Attributes {
  return {
    inode: fields['attr.ino']!,
    size: fields['attr.size']!,
    modifiedMs: milliseconds(fields['attr.mtime'], fields['attr.mtimensec']),
    mode: fields['attr.mode']!,
    links: fields['attr.nlink']!,
    uid: fields['attr.uid']!,
    gid: fields['attr.gid']!,
  };
}

function entryOf(fields: Fields): EntryReply {
  return {
    node: fields['nodeid']!,
    generation: fields['generation']!,
    entryValidMs: milliseconds(fields['entry_valid'], fields['entry_valid_nsec']),
    attributesValidMs: milliseconds(fields['attr_valid'], fields['attr_valid_nsec']),
    attributes: attributesOf(fields),
  };
}

/** A payload of exactly one struct, as `fuse_copy_out_args` demands. */
const exactly =
  <Body>(struct: StructName, read: (fields: Fields) => Body) =>
  (payload: Uint8Array): Body => {
    if (payload.length !== sizeOf(struct)) throw new Error(`${payload.length} bytes where ${struct} belongs`);
    return read(unpack(struct, payload));
  };

const entry = exactly('fuse_entry_out', entryOf);
const opened = exactly('fuse_open_out', (f): OpenReply => ({ handle: f['fh']!, flags: f['open_flags']! }));
const whole = (payload: Uint8Array) => payload;

/** INIT may be answered shorter, by older servers. */
function initOf(payload: Uint8Array): InitReply {
  const padded = new Uint8Array(sizeOf('fuse_init_out'));
  padded.set(payload);
  const f = unpack('fuse_init_out', padded);
  return {
    major: f['major']!,
    minor: f['minor']!,
    maxReadAheadBytes: f['max_readahead']!,
    flags: BigInt(f['flags']!) | (BigInt(f['flags2']!) << 32n),
    maxBackground: f['max_background']!,
    congestionThreshold: f['congestion_threshold']!,
    maxWriteBytes: f['max_write']!,
    timeGranularityNs: f['time_gran']!,
    maxPages: f['max_pages']!,
  };
}

const decoders: { readonly [Op in keyof ReplyBodies]: (payload: Uint8Array) => ReplyBodies[Op] } = {
  init: initOf,
  lookup: entry,
  mkdir: entry,
  getattr: exactly('fuse_attr_out', (f) => ({
    attributesValidMs: milliseconds(f['attr_valid'], f['attr_valid_nsec']),
    attributes: attributesOf(f),
  })),
  readlink: (payload) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload),
  open: opened,
  opendir: opened,
  read: whole,
  readdir: whole,
  readdirplus: whole,
  lseek: exactly('fuse_lseek_out', (f) => f['offset']!),
  statfs: exactly('fuse_kstatfs', (f) => ({
    blockBytes: f['bsize']!,
    blocks: f['blocks']!,
    freeBlocks: f['bfree']!,
    files: f['files']!,
    freeFiles: f['ffree']!,
    maxNameBytes: f['namelen']!,
  })),
  getxattr: whole,
  listxattr: whole,
};

/** Which request a message answers: 0 is a notice. */
export function uniqueOf(message: Uint8Array): number {
  return unpack('fuse_out_header', message)['unique']!;
}

/** Understands a whole reply to a request of kind `op`. @throws Error where the kernel would answer the write with EINVAL */
export function decodeReply<Op extends FuseRequest['op']>(op: Op, bytes: Uint8Array): KernelReply<BodyOf<Op>> {
  const { len, error, unique } = unpack('fuse_out_header', bytes) as { len: number; error: number; unique: number };
  if (len !== bytes.length) throw new Error(`a reply of ${bytes.length} bytes says it has ${len}`);
  if (unique === 0) throw new Error('a notice, not a reply');
  if (error > 0 || error <= -512) throw new Error(`no error: ${error}`);
  const payload = bytes.slice(sizeOf('fuse_out_header'));
  if (error !== 0 && payload.length > 0) throw new Error('an error with a payload');
  if (error !== 0) return { unique, errno: -error, body: undefined };
  const decode = (decoders as Partial<Record<string, (payload: Uint8Array) => unknown>>)[op];
  if (decode === undefined && payload.length > 0) throw new Error(`a payload for ${op}`);
  return { unique, errno: 0, body: decode?.(payload) as BodyOf<Op> | undefined };
}

/** How large a value is: the answer to GETXATTR and LISTXATTR of size 0. */
export const xattrSize = exactly('fuse_getxattr_out', (fields) => fields['size']!);

const kinds: Readonly<Record<number, FolderItem['kind']>> = { 4: 'folder', 8: 'file', 10: 'link' };

/** The names of a READDIR answer, or of a READDIRPLUS answer when `plus`. @throws Error where the kernel says EIO */
export function parseFolder(bytes: Uint8Array, plus: boolean): readonly FolderItem[] {
  const before = plus ? sizeOf('fuse_entry_out') : 0;
  const items: FolderItem[] = [];
  let at = 0;
  while (at < bytes.length) {
    const f = unpack('fuse_dirent', bytes, at + before);
    const nameAt = at + before + sizeOf('fuse_dirent');
    const name = Buffer.from(bytes.subarray(nameAt, nameAt + f['namelen']!)).toString();
    if (f['namelen'] === 0 || f['namelen']! > 1024 || /[/\0]/.test(name)) throw new Error('not a name');
    const item = { name, inode: f['ino']!, kind: kinds[f['type']!]!, nextOffset: f['off']! };
    items.push(plus ? { ...item, entry: entryOf(unpack('fuse_entry_out', bytes, at)) } : item);
    at = Math.ceil((nameAt + f['namelen']!) / 8) * 8;
  }
  if (at !== bytes.length) throw new Error('the last record is cut');
  return items;
}

/** A notice as the kernel understands it. */
export type KernelNotice =
  | { readonly kind: 'inode'; readonly node: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'entry'; readonly parent: number; readonly name: string; readonly flags: number }
  | { readonly kind: 'delete'; readonly parent: number; readonly child: number; readonly name: string };

/** Understands a whole notice. @throws Error where the kernel would answer the write with EINVAL */
export function decodeNotice(bytes: Uint8Array): KernelNotice {
  const { len, error, unique } = unpack('fuse_out_header', bytes) as { len: number; error: number; unique: number };
  if (len !== bytes.length || unique !== 0) throw new Error('not a notice');
  const payload = bytes.subarray(sizeOf('fuse_out_header'));
  if (error === 2) {
    const inode = exactly('fuse_notify_inval_inode_out', (f) => f)(payload);
    return { kind: 'inode', node: inode['ino']!, offset: inode['off']!, length: inode['len']! };
  }
  if (error === 3) {
    const f = unpack('fuse_notify_inval_entry_out', payload);
    const name = noticeName(payload.subarray(sizeOf('fuse_notify_inval_entry_out')), f['namelen']!);
    return { kind: 'entry', parent: f['parent']!, name, flags: f['flags']! };
  }
  if (error !== 6) throw new Error(`no such notice: ${error}`);
  const f = unpack('fuse_notify_delete_out', payload);
  const name = noticeName(payload.subarray(sizeOf('fuse_notify_delete_out')), f['namelen']!);
  return { kind: 'delete', parent: f['parent']!, child: f['child']!, name };
}

/** Counted without its NUL, sent with it. */
function noticeName(bytes: Uint8Array, length: number): string {
  if (bytes.length !== length + 1 || bytes.at(-1) !== 0) throw new Error('a name without its NUL');
  return Buffer.from(bytes.subarray(0, length)).toString();
}
