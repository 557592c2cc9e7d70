/**
 * The kernel's structs, field by field, as `include/uapi/linux/fuse.h` of protocol 7.38 has them; what 7.39 to 7.41
 * added is used by nobody here. Written from the header alone: `src/protocol` is tested against this table.
 */
const layouts = {
  fuse_in_header: 'len:u4 opcode:u4 unique:u8 nodeid:u8 uid:u4 gid:u4 pid:u4 total_extlen:u2 padding:u2',
  fuse_out_header: 'len:u4 error:s4 unique:u8',
  fuse_attr:
    'ino:u8 size:u8 blocks:u8 atime:s8 mtime:s8 ctime:s8 atimensec:u4 mtimensec:u4 ctimensec:u4 ' +
    'mode:u4 nlink:u4 uid:u4 gid:u4 rdev:u4 blksize:u4 flags:u4',
  fuse_init_in: 'major:u4 minor:u4 max_readahead:u4 flags:u4 flags2:u4 unused:11*u4',
  fuse_init_in_before_7_36: 'major:u4 minor:u4 max_readahead:u4 flags:u4',
  fuse_init_out:
    'major:u4 minor:u4 max_readahead:u4 flags:u4 max_background:u2 congestion_threshold:u2 max_write:u4 time_gran:u4 ' +
    'max_pages:u2 map_alignment:u2 flags2:u4 unused:7*u4',
  fuse_entry_out:
    'nodeid:u8 generation:u8 entry_valid:u8 attr_valid:u8 entry_valid_nsec:u4 attr_valid_nsec:u4 attr:fuse_attr',
  fuse_forget_in: 'nlookup:u8',
  fuse_forget_one: 'nodeid:u8 nlookup:u8',
  fuse_batch_forget_in: 'count:u4 dummy:u4',
  fuse_getattr_in: 'getattr_flags:u4 dummy:u4 fh:u8',
  fuse_attr_out: 'attr_valid:u8 attr_valid_nsec:u4 dummy:u4 attr:fuse_attr',
  fuse_access_in: 'mask:u4 padding:u4',
  fuse_open_in: 'flags:u4 open_flags:u4',
  fuse_open_out: 'fh:u8 open_flags:u4 padding:u4',
  fuse_read_in: 'fh:u8 offset:u8 size:u4 read_flags:u4 lock_owner:u8 flags:u4 padding:u4',
  fuse_flush_in: 'fh:u8 unused:u4 padding:u4 lock_owner:u8',
  fuse_release_in: 'fh:u8 flags:u4 release_flags:u4 lock_owner:u8',
  fuse_fsync_in: 'fh:u8 fsync_flags:u4 padding:u4',
  fuse_lseek_in: 'fh:u8 offset:u8 whence:u4 padding:u4',
  fuse_lseek_out: 'offset:u8',
  fuse_kstatfs: 'blocks:u8 bfree:u8 bavail:u8 files:u8 ffree:u8 bsize:u4 namelen:u4 frsize:u4 padding:u4 spare:6*u4',
  fuse_getxattr_in: 'size:u4 padding:u4',
  fuse_getxattr_out: 'size:u4 padding:u4',
  fuse_interrupt_in: 'unique:u8',
  fuse_mkdir_in: 'mode:u4 umask:u4',
  fuse_rename_in: 'newdir:u8',
  fuse_rename2_in: 'newdir:u8 flags:u4 padding:u4',
  fuse_setattr_in:
    'valid:u4 padding:u4 fh:u8 size:u8 lock_owner:u8 atime:u8 mtime:u8 ctime:u8 atimensec:u4 mtimensec:u4 ctimensec:u4 ' +
    'mode:u4 unused4:u4 uid:u4 gid:u4 unused5:u4',
  fuse_write_in: 'fh:u8 offset:u8 size:u4 write_flags:u4 lock_owner:u8 flags:u4 padding:u4',
  fuse_create_in: 'flags:u4 mode:u4 umask:u4 open_flags:u4',
  fuse_mknod_in: 'mode:u4 rdev:u4 umask:u4 padding:u4',
  fuse_link_in: 'oldnodeid:u8',
  fuse_setxattr_in: 'size:u4 flags:u4 setxattr_flags:u4 padding:u4',
  fuse_fallocate_in: 'fh:u8 offset:u8 length:u8 mode:u4 padding:u4',
  fuse_copy_file_range_in: 'fh_in:u8 off_in:u8 nodeid_out:u8 fh_out:u8 off_out:u8 len:u8 flags:u8',
  fuse_poll_in: 'fh:u8 kh:u8 flags:u4 events:u4',
  fuse_ioctl_in: 'fh:u8 flags:u4 cmd:u4 arg:u8 in_size:u4 out_size:u4',
  fuse_bmap_in: 'block:u8 blocksize:u4 padding:u4',
  fuse_lk_in: 'fh:u8 owner:u8 start:u8 end:u8 type:u4 pid:u4 lk_flags:u4 padding:u4',
  fuse_dirent: 'ino:u8 off:u8 namelen:u4 type:u4',
  fuse_notify_inval_inode_out: 'ino:u8 off:s8 len:s8',
  fuse_notify_inval_entry_out: 'parent:u8 namelen:u4 flags:u4',
  fuse_notify_delete_out: 'parent:u8 child:u8 namelen:u4 padding:u4',
} as const;

/** Name of a struct of the header file. */
export type StructName = keyof typeof layouts;

interface Field {
  readonly name: string;
  readonly at: number;
  readonly kind: string;
}

interface Layout {
  readonly fields: readonly Field[];
  readonly bytes: number;
}

const widths: Readonly<Record<string, number>> = { u2: 2, u4: 4, s4: 4, u8: 8, s8: 8 };
const parsed = new Map<string, Layout>();

function layoutOf(struct: StructName): Layout {
  const known = parsed.get(struct);
  if (known !== undefined) return known;
  const fields: Field[] = [];
  let at = 0;
  for (const [name = '', type = ''] of layouts[struct].split(' ').map((text) => text.split(':'))) {
    const [, count = '1', kind = ''] = /^(?:(\d+)\*)?(\w+)$/.exec(type)!;
    const inner = kind in layouts ? layoutOf(kind as StructName) : undefined;
    for (const field of inner?.fields ?? [])
      fields.push({ ...field, name: `${name}.${field.name}`, at: at + field.at });
    if (inner === undefined && count === '1') fields.push({ name, at, kind });
    at += Number(count) * (inner?.bytes ?? widths[kind]!);
  }
  const layout = { fields, bytes: at };
  parsed.set(struct, layout);
  return layout;
}

/** How long a struct is, in bytes; for records with a name, without the name. */
export function sizeOf(struct: StructName): number {
  return layoutOf(struct).bytes;
}

/** A struct with these fields set and all others 0. @throws Error for a field the struct does not have */
export function pack(struct: StructName, values: Readonly<Record<string, number | bigint>> = {}): Uint8Array {
  const { fields, bytes } = layoutOf(struct);
  const view = new DataView(new ArrayBuffer(bytes));
  for (const [name, value] of Object.entries(values)) {
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`${struct} has no ${name}`);
    if (field.kind.endsWith('8')) view.setBigUint64(field.at, BigInt.asUintN(64, BigInt(value)), true);
    else if (field.kind === 'u2') view.setUint16(field.at, Number(value), true);
    else view.setUint32(field.at, Number(value), true);
  }
  return new Uint8Array(view.buffer);
}

/** The fields of a struct; 64-bit ones beyond 2^53 lose their last digits. @throws Error when `bytes` end too early */
export function unpack(struct: StructName, bytes: Uint8Array, start = 0): Readonly<Record<string, number>> {
  const layout = layoutOf(struct);
  if (bytes.length - start < layout.bytes) throw new Error(`${bytes.length - start} bytes are no ${struct}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, layout.bytes);
  return Object.fromEntries(layout.fields.map(({ name, at, kind }) => [name, read(view, at, kind)]));
}

function read(view: DataView, at: number, kind: string): number {
  if (kind === 'u8') return Number(view.getBigUint64(at, true));
  if (kind === 's8') return Number(view.getBigInt64(at, true));
  if (kind === 'u2') return view.getUint16(at, true);
  return kind === 's4' ? view.getInt32(at, true) : view.getUint32(at, true);
}
