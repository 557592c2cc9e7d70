import { once } from 'node:events';
import { Agent, request } from 'node:http';

/** A file behind the WebDAV adapter, read as players do: one GET with a range per stream, connections kept alive. */
export function openOverWebdav(root, path, size) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const url = new URL(path.split('/').filter(Boolean).map(encodeURIComponent).join('/'), root);
  return {
    size,
    async *stream(start, end) {
      const range = end >= size ? `bytes=${start}-` : `bytes=${start}-${end - 1}`;
      const asked = request(url, { agent, headers: { range } });
      asked.end();
      const [answer] = await once(asked, 'response');
      if (answer.statusCode !== 206) throw new Error(`GET ${url} answered ${answer.statusCode}`);
      try {
        yield* answer;
      } finally {
        if (!answer.complete) asked.destroy();
      }
    },
    async close() {
      agent.destroy();
    },
  };
}
