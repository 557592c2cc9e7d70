import type { PartHeader } from '@newsreel/core';
import type { DecodeTarget } from './engine.js';
import type { DecodeStart } from './port.js';

/** A buffer on its way to the caller. */
export interface HandedOver {
  /** Where the bytes belong; absent when no buffer was ever taken. */
  readonly part: PartHeader | undefined;
  /** The buffer, as long as the part. */
  readonly bytes: Uint8Array | undefined;
  /** Gives it back, once. */
  readonly free: () => void;
}

/** The buffer of the body under way: who owns it, and what its listener has been told about it. */
export class PartBuffer {
  #listener: DecodeStart | undefined;
  #part: PartHeader | undefined;
  #target: DecodeTarget | undefined;
  #announcedBytes = 0;
  #lossAnnounced = false;

  /** Where decoding writes; `undefined` before the headers and after the buffer is gone. */
  get target(): DecodeTarget | undefined {
    return this.#target;
  }

  /** What the buffer is for. */
  get part(): PartHeader | undefined {
    return this.#target && this.#part;
  }

  /** Takes a buffer for a part and tells the listener. */
  open(listener: DecodeStart, part: PartHeader, target: DecodeTarget): void {
    this.#listener = listener;
    this.#part = part;
    this.#target = target;
    this.#announcedBytes = 0;
    this.#lossAnnounced = false;
    listener.charge?.(target.room.length);
    listener.onBegin?.(part, target.bytes);
  }

  /** So many bytes are decoded. */
  progress(availableBytes: number): void {
    if (!this.#target || this.#lossAnnounced || availableBytes <= this.#announcedBytes) return;
    this.#announcedBytes = availableBytes;
    this.#listener?.onProgress?.(availableBytes);
  }

  /** The bytes will never be verified: the listener hears it once, while they are still there. */
  announceLoss(reason: string): void {
    if (!this.#target || this.#lossAnnounced) return;
    this.#lossAnnounced = true;
    this.#listener?.onLost?.(reason);
  }

  /** Announces the loss and frees the buffer. */
  lose(reason: string): void {
    const target = this.#target;
    this.announceLoss(reason);
    this.#target = undefined;
    target?.free();
  }

  /** Passes the buffer to the caller. */
  handOver(): HandedOver {
    const target = this.#target;
    this.#target = undefined;
    if (!target) return { part: undefined, bytes: undefined, free: () => {} };
    let held = true;
    const free = () => {
      if (held) target.free();
      held = false;
    };
    return { part: this.#part, bytes: target.bytes, free };
  }
}
