import { EXPIRE_ONLY, headerBytes } from './flags.js';
import { setU64 } from './layout.js';

/** `enum fuse_notify_code`: what stands where a reply has its error. */
const codes = { inode: 2, entry: 3, delete: 6 } as const;

/** A message with unique 0 is a notice. Unlike replies notices wait for their turn, so each has bytes of its own. */
function notice(
  code: number,
  structBytes: number,
  name?: string,
): { bytes: Buffer; view: DataView; nameBytes: number } {
  const nameBytes = Buffer.byteLength(name ?? '');
  // Sent with its NUL, counted without it.
  const bytes = Buffer.alloc(headerBytes.reply + structBytes + (name === undefined ? 0 : nameBytes + 1));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(0, bytes.length, true);
  view.setInt32(4, code, true);
  bytes.write(name ?? '', headerBytes.reply + structBytes);
  return { bytes, view, nameBytes };
}

/**
 * The attributes of a node are no longer true, nor are its pages from `offset` on (`length` 0: to the end). A negative
 * offset spares the pages. `struct fuse_notify_inval_inode_out`. Yours.
 */
export function invalidateInode(node: number, offset: number, length: number): Uint8Array {
  const { bytes, view } = notice(codes.inode, 24);
  setU64(view, 16, node);
  setU64(view, 24, offset);
  setU64(view, 32, length);
  return bytes;
}

/**
 * What is known of a name in a folder is no longer true, be it that there is something or nothing. With `expire` it is
 * looked up again at its next use but stays till then, for what is open or mounted below (7.38,
 * `initFlags.HAS_EXPIRE_ONLY`). `struct fuse_notify_inval_entry_out`. Yours.
 */
export function invalidateEntry(parent: number, name: string, expire = false): Uint8Array {
  const { bytes, view, nameBytes } = notice(codes.entry, 16, name);
  setU64(view, 16, parent);
  view.setUint32(24, nameBytes, true);
  view.setUint32(28, expire ? EXPIRE_ONLY : 0, true);
  return bytes;
}

/**
 * A name is gone together with what it named: watchers of the folder hear of it, unlike with
 * {@link invalidateEntry}. `struct fuse_notify_delete_out`. Yours.
 */
export function announceDeletion(parent: number, node: number, name: string): Uint8Array {
  const { bytes, view, nameBytes } = notice(codes.delete, 24, name);
  setU64(view, 16, parent);
  setU64(view, 24, node);
  view.setUint32(32, nameBytes, true);
  return bytes;
}
