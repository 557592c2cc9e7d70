declare module 'express' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  type Handler = (
    request: IncomingMessage,
    response: ServerResponse & { send(text: string): unknown },
    next: (error?: unknown) => void,
  ) => void;
  interface Routes {
    use(path: string, handler: Handler | Routes): unknown;
    use(handler: Handler): unknown;
    get(path: string, handler: Handler): unknown;
  }
  function express(): Routes & RequestListener;
  namespace express {
    function Router(): Routes & Handler;
  }
  export default express;
}
