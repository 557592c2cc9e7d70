import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InnLayout, innConf, innFiles, innPrograms } from './inn-config.js';
import { run, until } from './run.js';

/** A running INN2 of our own on loopback. */
export interface Inn {
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly username: string;
  readonly password: string;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /** Makes it answer 430 for this message-id (without brackets) from now on. */
  cancel(id: string): Promise<void>;
  stop(): Promise<void>;
}

const username = 'alice';
const password = 's3cret';

/** Starts INN2 in a private tree: innd for the feed, one nnrpd for plain and one for TLS readers. */
export async function startInn(): Promise<Inn> {
  const root = mkdtempSync(join(tmpdir(), 'newsreel-inn-'));
  const [feedPort, plainPort, tlsPort] = await freePorts(3);
  const layout: InnLayout = { root, feedPort: feedPort!, plainPort: plainPort!, tlsPort: tlsPort! };
  await writeTree(layout);
  const asNews = (program: string, ...args: string[]) =>
    run('runuser', [
      '-u',
      'news',
      '--',
      'env',
      `INNCONF=${root}/etc/inn.conf`,
      `PATH=${innPrograms}:${process.env['PATH']}`,
      program,
      ...args,
    ]);
  await asNews(`${innPrograms}/makedbz`, '-i', '-o', '-s', '100000', '-f', `${root}/db/history`).catch(async () => {
    await asNews('touch', `${root}/db/history`);
    await asNews(`${innPrograms}/makedbz`, '-i', '-o', '-s', '100000', '-f', `${root}/db/history`);
  });
  await startDaemon(
    'runuser',
    [
      '-u',
      'news',
      '--',
      'env',
      `INNCONF=${root}/etc/inn.conf`,
      `PATH=${innPrograms}:${process.env['PATH']}`,
      `${innPrograms}/innd`,
      '-c',
      '0',
    ],
    root,
  );
  const answers = () => asNews(`${innPrograms}/ctlinnd`, '-t', '2', 'mode').then(() => true);
  await until('innd answers', answers, 10_000);
  await asNews(`${innPrograms}/ctlinnd`, 'newgroup', 'alt.binaries.test', 'y', 'newsreel');
  await startReader(layout, plainPort!, []);
  await startReader(layout, tlsPort!, ['-S']);
  return {
    plainPort: plainPort!,
    tlsPort: tlsPort!,
    username,
    password,
    ca: readFileSync(`${root}/etc/ca.pem`, 'utf8'),
    cancel: async (id) => {
      await asNews(`${innPrograms}/ctlinnd`, 'cancel', `<${id}>`);
    },
    stop: () => stop(layout, asNews),
  };
}

async function writeTree(layout: InnLayout): Promise<void> {
  const { root } = layout;
  chmodSync(root, 0o755);
  for (const folder of [
    'etc/filter',
    'db',
    'log',
    'run',
    'tmp',
    'spool/articles',
    'spool/overview',
    'spool/incoming/tmp',
    'spool/incoming/bad',
    'spool/outgoing',
    'spool/archive',
    'spool/innfeed',
    'http',
  ])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(`${root}/etc/inn.conf`, innConf(layout));
  for (const [name, text] of Object.entries(innFiles(layout))) writeFileSync(`${root}/etc/${name}`, text);
  // MD5-crypt: a password check forks a process per login, a slow hash would dominate the test.
  const hash = (await run('openssl', ['passwd', '-1', '-salt', 'newsreel', password])).stdout.trim();
  writeFileSync(`${root}/etc/newsusers`, `${username}:${hash}\n`);
  await makeCertificates(`${root}/etc`);
  writeFileSync(
    `${root}/db/active`,
    ['control', 'control.cancel', 'junk'].map((name) => `${name} 0000000000 0000000001 n\n`).join(''),
  );
  writeFileSync(`${root}/db/active.times`, '');
  writeFileSync(`${root}/db/newsgroups`, '');
  await run('chown', ['-R', 'news:news', root]);
  for (const secret of ['key.pem', 'newsusers']) chmodSync(`${root}/etc/${secret}`, 0o640);
}

async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/CN=Newsreel test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
  );
  await openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    'key.pem',
    '-out',
    'leaf.csr',
  );
  writeFileSync(
    join(folder, 'leaf.ext'),
    'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n',
  );
  await openssl(
    'x509',
    '-req',
    '-in',
    'leaf.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '30',
    '-extfile',
    'leaf.ext',
    '-out',
    'leaf.pem',
  );
  writeFileSync(
    join(folder, 'cert.pem'),
    readFileSync(join(folder, 'leaf.pem'), 'utf8') + readFileSync(join(folder, 'ca.pem'), 'utf8'),
  );
}

async function startReader({ root }: InnLayout, port: number, flags: readonly string[]): Promise<void> {
  await startDaemon(
    'env',
    [
      `INNCONF=${root}/etc/inn.conf`,
      `${innPrograms}/nnrpd`,
      '-D',
      '-n',
      '-b',
      '127.0.0.1',
      '-p',
      String(port),
      ...flags,
    ],
    root,
  );
}

/** Starts something that puts itself into the background. */
async function startDaemon(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, [...args], { cwd, stdio: 'ignore', detached: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
}

async function stop(
  { root }: InnLayout,
  asNews: (program: string, ...args: string[]) => Promise<unknown>,
): Promise<void> {
  await asNews(`${innPrograms}/ctlinnd`, '-t', '10', 'shutdown', 'done').catch(() => {});
  for (const name of existsSync(`${root}/run`) ? readdirSync(`${root}/run`) : []) {
    if (!name.endsWith('.pid')) continue;
    const pid = Number(readFileSync(`${root}/run/${name}`, 'utf8'));
    for (const child of await childrenOf(pid)) kill(child);
    kill(pid);
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

async function childrenOf(pid: number): Promise<number[]> {
  const listed = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }));
  return listed.stdout
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);
}

function kill(pid: number): void {
  try {
    if (pid > 1) process.kill(pid);
  } catch {
    // Gone already.
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
