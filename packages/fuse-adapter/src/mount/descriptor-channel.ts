import { closeSync } from 'node:fs';
import { obstacle } from './obstacles.js';

/** Two connected sockets, over which another program hands an open descriptor to this one. */
export interface DescriptorChannel {
  /** The other program's end. */
  readonly theirs: number;
  /** The descriptor that was handed over; `undefined` when there was none. Does not wait: the program must have ended. */
  receive(): number | undefined;
  /** Closes both ends. */
  close(): void;
}

// Numbers of Linux (`include/linux/socket.h`, `include/linux/net.h`), the same on x86 and ARM.
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const MSG_DONTWAIT_CMSG_CLOEXEC = 0x40 | 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

/** `struct cmsghdr` before its data: a `size_t` and two `int`, aligned like the first. */
const controlHeaderBytes = (sizeBytes: number) => (sizeBytes + 8 + sizeBytes - 1) & -sizeBytes;

/**
 * Opens a channel through the C library. Node itself cannot receive descriptors (its own channel between processes aborts
 * on one that is neither a pipe nor a socket), so this needs the optional package koffi.
 * @throws MountUnavailableError
 */
export async function openDescriptorChannel(): Promise<DescriptorChannel> {
  const { socketpair, recvmsg, sizeBytes } = await systemCalls();
  const ends = [-1, -1];
  if (socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, ends) !== 0)
    throw obstacle('failed', 'fusermount3 cannot be talked to: no pair of sockets');
  const [ours, theirs] = ends as [number, number];
  return {
    theirs,
    receive() {
      const control = Buffer.alloc(64);
      const message = {
        msg_name: null,
        msg_namelen: 0,
        msg_iov: [{ iov_base: Buffer.alloc(8), iov_len: 8 }],
        msg_iovlen: 1,
        msg_control: control,
        msg_controllen: control.length,
        msg_flags: 0,
      };
      if (recvmsg(ours, message, MSG_DONTWAIT_CMSG_CLOEXEC) < 1) return undefined;
      const [level, type, fd] = [0, 4, controlHeaderBytes(sizeBytes) - sizeBytes].map((at) =>
        control.readInt32LE(sizeBytes + at),
      );
      return level === SOL_SOCKET && type === SCM_RIGHTS ? fd : undefined;
    },
    close() {
      closeSync(ours);
      closeSync(theirs);
    },
  };
}

interface SystemCalls {
  readonly socketpair: (domain: number, type: number, protocol: number, ends: number[]) => number;
  readonly recvmsg: (socket: number, message: object, flags: number) => number;
  /** Length of a `size_t`, in bytes. */
  readonly sizeBytes: number;
}

let calls: Promise<SystemCalls> | undefined;

/** Loaded when first needed: whoever mounts as root needs no koffi. @throws MountUnavailableError */
function systemCalls(): Promise<SystemCalls> {
  calls ??= loadSystemCalls().catch((cause: unknown) => {
    calls = undefined; // it may be installed meanwhile
    throw obstacle('koffi', 'the package koffi, which fusermount3 needs, cannot be loaded', { cause });
  });
  return calls;
}

async function loadSystemCalls(): Promise<SystemCalls> {
  const { default: koffi } = await import('koffi');
  const process = koffi.load(null);
  // `struct msghdr` and `struct iovec` of `include/linux/socket.h` and `include/uapi/linux/uio.h`.
  const iovec = koffi.struct({ iov_base: 'void *', iov_len: 'size_t' });
  const msghdr = koffi.struct({
    msg_name: 'void *',
    msg_namelen: 'int',
    msg_iov: koffi.pointer(iovec),
    msg_iovlen: 'size_t',
    msg_control: 'void *',
    msg_controllen: 'size_t',
    msg_flags: 'int',
  });
  return {
    socketpair: process.func('socketpair', 'int', ['int', 'int', 'int', koffi.out(koffi.pointer('int'))]),
    recvmsg: process.func('recvmsg', 'intptr_t', ['int', koffi.pointer(msghdr), 'int']),
    sizeBytes: koffi.sizeof('size_t'),
  };
}
