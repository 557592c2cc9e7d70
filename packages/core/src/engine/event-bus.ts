import { EventEmitter } from 'eventemitter3';
import type { EventBus, NewsreelEvent, NewsreelEvents } from '../model/events.js';
import type { Logger } from '../model/logger.js';

type Listener<E extends NewsreelEvent> = (payload: NewsreelEvents[E]) => void;

/** Makes the bus of an engine. A listener that throws is logged and harms nobody else. */
export function createEventBus(logger: Logger): EventBus {
  const emitter = new EventEmitter<NewsreelEvent>();

  const guarded =
    <E extends NewsreelEvent>(event: E, listener: Listener<E>): Listener<E> =>
    (payload) => {
      try {
        listener(payload);
      } catch (error) {
        logger.warn({ err: error, event }, 'an event listener threw');
      }
    };

  return {
    emit(event, payload) {
      emitter.emit(event, payload);
    },
    on(event, listener) {
      const own = guarded(event, listener);
      emitter.on(event, own);
      return () => void emitter.off(event, own);
    },
    once(event, listener) {
      const own = guarded(event, listener);
      emitter.once(event, own);
      return () => void emitter.off(event, own);
    },
    listenerCount: (event) => emitter.listenerCount(event),
  };
}
