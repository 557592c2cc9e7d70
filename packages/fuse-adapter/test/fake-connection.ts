import type { FuseDevice } from '../src/device/device.js';
import type { FuseRequest, RequestBody } from '../src/protocol/messages.js';
import {
  type BodyOf,
  decodeNotice,
  decodeReply,
  encodeRequest,
  type KernelNotice,
  type KernelReply,
  uniqueOf,
} from './kernel-messages.js';

type Op = FuseRequest['op'];

/** Operations during which the kernel holds the lock of the folder. */
const locking: ReadonlySet<Op> = new Set<Op>([
  'lookup',
  'readdir',
  'readdirplus',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
]);
/** What the kernel wants no answer to. */
const unanswered: ReadonlySet<Op> = new Set<Op>(['forget', 'interrupt']);

/** A request under way, as the kernel sees it. */
export interface Sent<O extends Op> {
  readonly unique: number;
  readonly reply: Promise<KernelReply<BodyOf<O>>>;
}

interface Pending {
  readonly op: Op;
  readonly node: number;
  readonly answer: (bytes: Uint8Array) => void;
  readonly fail: () => void;
}

/** The error number of a request that came too late or was cut off: ENOTCONN. */
export const notConnected = 107;

/**
 * `/dev/fuse` whose other end is code: the rules of `fs/fuse/dev.c` without a kernel. Bytes are taken over at once, as
 * the kernel does; what breaks a rule is noted in `violations`.
 */
export class FakeConnection implements FuseDevice {
  /** Rules that were broken. */
  readonly violations: string[] = [];
  /** Told of every notice; the notice counts as written when it resolves. */
  onNotice: (notice: KernelNotice) => boolean | Promise<boolean> = () => true;
  /** Makes the next write fail, as a kernel that refuses a message would. */
  refuseNext: Error | undefined;
  #onRequest: ((request: Uint8Array) => void) | undefined;
  #onEnd: ((cause?: unknown) => void) | undefined;
  #isClosed = false;
  #lastUnique = 0;
  readonly #pending = new Map<number, Pending>();
  readonly #seen = new Map<number, Op>();

  start(onRequest: (request: Uint8Array) => void, onEnd: (cause?: unknown) => void): void {
    if (this.#onRequest) this.violations.push('started twice');
    this.#onRequest = onRequest;
    this.#onEnd = onEnd;
  }

  reply(parts: readonly Uint8Array[]): boolean {
    const error = this.refuseNext;
    this.refuseNext = undefined;
    if (error !== undefined) throw error;
    const bytes = new Uint8Array(Buffer.concat(parts));
    const unique = uniqueOf(bytes);
    const pending = this.#pending.get(unique);
    if (pending === undefined) {
      if (!this.#isClosed) this.violations.push(`a reply to nobody (${this.#seen.get(unique) ?? 'never asked'})`);
      return false;
    }
    this.#pending.delete(unique);
    pending.answer(bytes);
    return true;
  }

  async notify(parts: readonly Uint8Array[]): Promise<boolean> {
    if (this.#isClosed) return false;
    const notice = decodeNotice(new Uint8Array(Buffer.concat(parts)));
    if (notice.kind === 'entry' && this.#isLocked(notice.parent))
      this.violations.push(`a notice about ${notice.name} waits for our own answer`);
    return this.onNotice(notice);
  }

  async close(): Promise<void> {
    this.end();
  }

  /** Requests that have no answer yet. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Requests of a kind that have no answer yet. */
  waitingFor(op: Op): number {
    return [...this.#pending.values()].filter((pending) => pending.op === op).length;
  }

  /** Sends a request. Rejects when the answer breaks a rule. */
  send<O extends Op>(node: number, body: RequestBody & { readonly op: O }): Sent<O> {
    this.#lastUnique += 2;
    const unique = this.#lastUnique;
    const request = { unique, node, uid: 0, gid: 0, pid: 1, ...body } as FuseRequest;
    return { unique, reply: this.#exchange(body.op, node, unique, encodeRequest(request)) };
  }

  /** Sends any bytes as a request that is expected to be answered. */
  sendRaw(op: Op, unique: number, bytes: Uint8Array): Promise<KernelReply<unknown>> {
    return this.#exchange(op, 1, unique, bytes);
  }

  /** Nobody wants the answer any more: INTERRUPT, whose own name is the other one with the lowest bit set. */
  interrupt(interrupted: number): void {
    const header = { unique: interrupted + 1, node: 0, uid: 0, gid: 0, pid: 0 };
    this.#deliver(encodeRequest({ ...header, op: 'interrupt', interrupted }));
  }

  /** The connection ends: what waits fails. */
  end(cause?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const pending of this.#pending.values()) pending.fail();
    this.#pending.clear();
    this.#onEnd?.(cause);
  }

  #exchange<O extends Op>(op: O, node: number, unique: number, bytes: Uint8Array): Promise<KernelReply<BodyOf<O>>> {
    const cutOff = { unique, errno: notConnected, body: undefined };
    if (this.#isClosed || this.#onRequest === undefined) return Promise.resolve(cutOff);
    this.#seen.set(unique, op);
    return new Promise((resolve, reject) => {
      const answer = (reply: Uint8Array) => {
        try {
          resolve(decodeReply(op, reply));
        } catch (error) {
          this.violations.push(`${op}: ${(error as Error).message}`);
          reject(error);
        }
      };
      if (unanswered.has(op)) resolve({ ...cutOff, errno: 0 });
      else this.#pending.set(unique, { op, node, answer, fail: () => resolve(cutOff) });
      this.#deliver(bytes);
    });
  }

  /** Into a buffer that is used again, as a reader would. */
  #deliver(bytes: Uint8Array): void {
    const buffer = bytes.slice();
    this.#onRequest?.(buffer);
    buffer.fill(0xdb);
  }

  #isLocked(folder: number): boolean {
    return [...this.#pending.values()].some(({ op, node }) => node === folder && locking.has(op));
  }
}
