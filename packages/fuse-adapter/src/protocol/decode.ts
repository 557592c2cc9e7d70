import { errno } from './errno.js';
import { headerBytes } from './flags.js';
import { MalformedRequest } from './malformed-request.js';
import type { FuseRequest } from './messages.js';
import { opcodes, unknownOpcode } from './opcodes.js';
import { RequestCursor, readU32, readU64 } from './request-cursor.js';

/**
 * Understands one request as `/dev/fuse` hands it out: `struct fuse_in_header` and what its opcode says follows.
 * Keeps nothing of `bytes`. Bytes after the ones that are known are allowed, that is how the protocol grows.
 * @throws MalformedRequest, and nothing else
 */
export function decodeRequest(bytes: Uint8Array): FuseRequest {
  if (bytes.length < headerBytes.request)
    throw new MalformedRequest('a request is shorter than its header', errno.EINVAL, undefined);
  const opcode = readU32(bytes, 4);
  const known = opcodes[opcode] ?? unknownOpcode;
  const unique = readU64(bytes, 8);
  // A reply to 0 would be taken for a notice.
  const named = unique > 0 && unique <= Number.MAX_SAFE_INTEGER;
  const body = new RequestCursor(bytes, named && known.answered ? unique : undefined);
  if (!named) throw body.refuse(`${known.name} has no usable name`, errno.EINVAL);
  if (readU32(bytes, 0) !== bytes.length) throw body.refuse(`${known.name} has another length`, errno.EINVAL);
  if (body.left < known.minimumBytes) throw body.refuse(`${known.name} is too short`, errno.EINVAL);
  const node = readU64(bytes, 16);
  if (node > Number.MAX_SAFE_INTEGER) throw body.refuse(`${known.name} is about no node of ours`, errno.EINVAL);
  const header = { unique, node, uid: readU32(bytes, 24), gid: readU32(bytes, 28), pid: readU32(bytes, 32) };
  // Not spread into a literal: that takes 4 µs on Node 20.
  return Object.assign(header, known.decode(body, opcode, node));
}

/** What the kernel calls an opcode, for people to read. */
export function opcodeName(opcode: number): string {
  return opcodes[opcode]?.name ?? `opcode ${opcode}`;
}
