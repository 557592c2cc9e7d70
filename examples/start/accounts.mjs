// @ts-check
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { startNewsServer } from '@newsreel/nntp/testing';

/**
 * @typedef {object} Source
 * @property {import('@newsreel/nntp').NntpOptions} account
 * @property {string | Uint8Array} nzb
 * @property {string} name
 * @property {boolean} embedded
 * @property {() => Promise<void>} close
 */

/**
 * A news server in this process with the sample film posted to it: real sockets, a login, and 20 ms of distance.
 * @returns {Promise<Source>}
 */
export async function embeddedServer() {
  const username = 'sample';
  const password = 'sample';
  const film = await readFile(new URL('newsreel-sample.mp4', import.meta.url));
  const server = await startNewsServer({ users: { [username]: password }, rttMs: 20 });
  const posted = await server.post({ name: 'newsreel-sample.mp4', bytes: film, partBytes: 100_000 });
  return {
    account: { name: 'embedded', host: server.host, port: server.port, tls: false, username, password, connections: 8 },
    nzb: server.buildNzb([posted]),
    name: 'newsreel-sample',
    embedded: true,
    close: () => server.close(),
  };
}

/**
 * The account named in the environment and the NZB named on the command line.
 * @returns {Promise<Source>}
 */
export async function ownAccount() {
  const path = process.argv[2];
  if (path === undefined)
    throw new Error('usage: NEWSREEL_HOST=… NEWSREEL_USER=… NEWSREEL_PASSWORD=… npm start -- file.nzb');
  const { NEWSREEL_HOST, NEWSREEL_USER, NEWSREEL_PASSWORD, NEWSREEL_TLS, NEWSREEL_NNTP_PORT, NEWSREEL_CONNECTIONS } =
    process.env;
  return {
    account: {
      host: String(NEWSREEL_HOST),
      tls: NEWSREEL_TLS !== '0',
      connections: Number(NEWSREEL_CONNECTIONS ?? 10),
      ...(NEWSREEL_NNTP_PORT ? { port: Number(NEWSREEL_NNTP_PORT) } : {}),
      ...(NEWSREEL_USER ? { username: NEWSREEL_USER, password: NEWSREEL_PASSWORD ?? '' } : {}),
    },
    nzb: await readFile(path),
    name: basename(path).replace(/\.nzb$/i, ''),
    embedded: false,
    close: async () => {},
  };
}
