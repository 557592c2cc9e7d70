import type { ByteLedger, Charge } from '../model/bytes.js';
import type { Lane } from '../model/common.js';

/** Share of the limit that only playback may use, so that look-ahead and bulk work cannot starve a reader. */
const playbackReserve = 0.15;

/** Makes the one memory account of an engine. */
export function createByteLedger(limitBytes: number): ByteLedger {
  let usedBytes = 0;
  const roomListeners = new Set<() => void>();
  const reclaimers = new Set<(bytes: number) => void>();

  const announceRoom = () => {
    for (const listener of [...roomListeners]) listener();
  };
  const limitFor = (lane: Lane) => (lane === 'playback' ? limitBytes : limitBytes * (1 - playbackReserve));

  const charge = (initialBytes: number): Charge => {
    let bytes = initialBytes;
    let held = true;
    usedBytes += bytes;
    return {
      get bytes() {
        return bytes;
      },
      resize(newBytes) {
        if (!held) return;
        const freed = bytes - newBytes;
        usedBytes -= freed;
        bytes = newBytes;
        if (freed > 0) announceRoom();
      },
      release() {
        if (!held) return;
        held = false;
        usedBytes -= bytes;
        bytes = 0;
        announceRoom();
      },
    };
  };

  return {
    limitBytes,
    get usedBytes() {
      return usedBytes;
    },
    tryCharge(bytes, lane) {
      const limit = limitFor(lane);
      if (usedBytes + bytes > limit) for (const reclaim of reclaimers) reclaim(usedBytes + bytes - limit);
      // An article larger than the whole limit must still pass when nothing else is held, or it could never be read.
      if (usedBytes + bytes > limit && usedBytes > 0) return undefined;
      return charge(bytes);
    },
    onRoom(listener) {
      roomListeners.add(listener);
      return () => void roomListeners.delete(listener);
    },
    reclaimFrom(reclaim) {
      reclaimers.add(reclaim);
      return () => void reclaimers.delete(reclaim);
    },
  };
}
