import type { Clock } from '@newsreel/core';
import { commands } from '../protocol/commands.js';
import type { ResolvedNntpOptions } from '../resolve-options.js';
import type { Member } from './member.js';

/**
 * Looks after connections that have nothing to do: a sign of life now and then so that the server keeps them, and QUIT
 * after the idle time, down to the warm ones. One timer for all, and none while there are no connections.
 */
export class Upkeep {
  readonly #options: ResolvedNntpOptions;
  readonly #clock: Clock;
  readonly #members: Iterable<Member>;
  #cancelTimer: (() => void) | undefined;

  constructor(options: ResolvedNntpOptions, clock: Clock, members: Iterable<Member>) {
    this.#options = options;
    this.#clock = clock;
    this.#members = members;
  }

  /** A connection may have become idle. */
  arm(): void {
    if (this.#cancelTimer !== undefined) return;
    const idle = this.#idle();
    if (idle.length === 0) return;
    const nowMs = this.#clock.now();
    const due = Math.min(...idle.map((member) => this.#dueMs(member)));
    this.#cancelTimer = this.#clock.after(Math.max(1, due - nowMs), () => {
      this.#cancelTimer = undefined;
      this.#round();
      this.arm();
    });
  }

  /** Ends the timer. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #idle(): Member[] {
    return [...this.#members].filter((member) => member.state === 'open' && !member.busy);
  }

  #dueMs(member: Member): number {
    const { idleTimeoutMs, keepAliveMs } = this.#options;
    // Warm connections outlive the idle time; they are looked at again when their next sign of life is due.
    const idleDue = member.usedMs + idleTimeoutMs;
    const closes = idleDue > this.#clock.now() ? idleDue : Number.POSITIVE_INFINITY;
    const speaks = keepAliveMs > 0 ? member.heardMs + keepAliveMs : Number.POSITIVE_INFINITY;
    const due = Math.min(closes, speaks);
    return due === Number.POSITIVE_INFINITY ? this.#clock.now() + idleTimeoutMs : due;
  }

  #round(): void {
    const { idleTimeoutMs, keepAliveMs, warmConnections } = this.#options;
    const nowMs = this.#clock.now();
    let open = [...this.#members].filter((member) => member.state === 'open').length;
    // Those unused the longest go first.
    for (const member of this.#idle().sort((a, b) => a.usedMs - b.usedMs)) {
      if (nowMs - member.usedMs >= idleTimeoutMs && open > warmConnections) {
        open--;
        void member.connection?.quit('idle');
      } else if (keepAliveMs > 0 && nowMs - member.heardMs >= keepAliveMs) {
        member.heardMs = nowMs;
        // A server that does not answer ends the connection, which tells the pool by itself.
        member.connection?.ask(commands.date, 'reply').catch(() => {});
      }
    }
  }
}
