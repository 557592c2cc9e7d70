import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openConnection } from '../../src/index.js';
import { closing, idsOf, post, server } from '../provider/harness.js';

/** Whether this machine speaks IPv6 at all. */
const hasIpv6 = await new Promise<boolean>((resolve) => {
  const probe = createServer();
  probe.once('error', () => resolve(false));
  probe.listen(0, '::1', () => probe.close(() => resolve(true)));
});

async function reads(host: string, listen: string, options: object = {}): Promise<boolean> {
  const on = await server({ host: listen });
  const file = await post(on);
  const connection = closing(await openConnection({ host, port: on.port, tls: false, ...options }));
  return connection.stat(idsOf(file)[0] as string);
}

describe('addresses', () => {
  it('reaches a server that listens on one of the addresses of its name only', async () => {
    expect(await reads('localhost', '127.0.0.1')).toBe(true);
  });

  it('reaches a server by its IPv4 address, from an address of choice', async () => {
    expect(await reads('127.0.0.1', '127.0.0.1', { localAddress: '127.0.0.1', family: 4 })).toBe(true);
  });

  it.runIf(hasIpv6)('reaches a server by its IPv6 address', async () => {
    expect(await reads('::1', '::1', { family: 6 })).toBe(true);
  });
});
