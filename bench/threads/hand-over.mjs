// How decoded bytes get from the worker to the main thread: the worker's side of three ways. Each makes places for
// articles; a place is filled (at once, or piece by piece for somebody who watches) and described in a message.

/** Copied into a pooled ArrayBuffer, which is transferred and comes back after the release. */
export function transferring() {
  const pool = [];
  return {
    place: () => ({
      // The watcher has a buffer of its own on the other side: it is sent pieces.
      begin: () => ({}),
      progress: (bytes, from, to) => {
        const piece = bytes.slice(from, to).buffer;
        return { message: { piece, from }, transfer: [piece] };
      },
      done(article) {
        const { bytes } = article;
        let buffer = pool.pop();
        if (buffer === undefined || buffer.byteLength < bytes.length) buffer = new ArrayBuffer(roomFor(bytes.length));
        new Uint8Array(buffer).set(bytes);
        const message = { buffer, length: bytes.length };
        article.release();
        return { message, transfer: [buffer] };
      },
    }),
    takeBack: (buffer) => pool.push(buffer),
  };
}

/** Copied into a slot of one SharedArrayBuffer; the main thread reads it there and frees it with one atomic store. */
export function slab(slots, slotBytes) {
  const memory = new SharedArrayBuffer(slots * slotBytes);
  const states = new Int32Array(new SharedArrayBuffer(slots * 4));
  const bytes = new Uint8Array(memory);
  const take = (length) => {
    if (length > slotBytes) throw new Error('larger than a slot');
    const slot = states.indexOf(0);
    if (slot < 0) throw new Error('no free slot: the other side holds too many articles');
    Atomics.store(states, slot, 1);
    return slot;
  };
  return {
    shared: { memory, states, slotBytes },
    place() {
      let slot;
      let copied = 0;
      const copy = (source, to) => {
        slot ??= take(source.length);
        bytes.set(source.subarray(copied, to), slot * slotBytes + copied);
        copied = to;
      };
      return {
        begin(source) {
          copy(source, 0);
          return { start: slot * slotBytes, length: source.length, slot };
        },
        progress(source, _from, to) {
          copy(source, to);
          return { message: {} };
        },
        done(article) {
          copy(article.bytes, article.bytes.length);
          const message = { start: slot * slotBytes, length: article.bytes.length, slot };
          article.release();
          return { message };
        },
        abandoned: () => slot !== undefined && Atomics.store(states, slot, 0),
      };
    },
  };
}

/** Not copied: the decoder's own memory is shared. The worker keeps the article until it is told of the release. */
export function sharedDecoder(memoryOf) {
  const held = new Map();
  let last = 0;
  return {
    get shared() {
      return { memory: memoryOf() };
    },
    place: () => ({
      begin: (bytes) => ({ start: bytes.byteOffset, length: bytes.length }),
      progress: () => ({ message: {} }),
      done(article) {
        const { bytes } = article;
        if (!(bytes.buffer instanceof SharedArrayBuffer)) throw new Error('the article is outside the arena');
        const token = ++last;
        held.set(token, article);
        return { message: { start: bytes.byteOffset, length: bytes.length, token } };
      },
    }),
    takeBack(token) {
      held.get(token).release();
      held.delete(token);
    },
  };
}

function roomFor(bytes) {
  return Math.ceil(bytes / 65_536) * 65_536;
}
