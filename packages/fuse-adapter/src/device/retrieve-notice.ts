/** `FUSE_NOTIFY_RETRIEVE` of `enum fuse_notify_code`. */
const retrieve = 5;
const headerBytes = 16;
const structBytes = 32;

/**
 * A notice that makes the kernel send a request at once: it is asked for no bytes of a node's cache and answers with
 * NOTIFY_REPLY. `struct fuse_notify_retrieve_out`, `include/uapi/linux/fuse.h`.
 */
export function retrieveNotice(nodeLow: number, nodeHigh: number): Uint8Array {
  const words = new Int32Array((headerBytes + structBytes) / 4);
  words[0] = headerBytes + structBytes;
  words[1] = retrieve;
  words[6] = nodeLow;
  words[7] = nodeHigh;
  return new Uint8Array(words.buffer);
}
