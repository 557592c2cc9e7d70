import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether Debian's nzbget is on this machine (and bash, whose `time` tells what it used). */
export const hasNzbget = spawnSync('bash', ['-c', 'command -v nzbget']).status === 0;

/** As fast as it goes: no repair, no unpacking, articles cached and written straight to their places. */
const quick = [
  'OutputMode=log',
  'InfoTarget=screen',
  'DetailTarget=none',
  'WarningTarget=screen',
  'ErrorTarget=screen',
  'WriteLog=none',
  'NzbLog=no',
  // How often it looks whether it is done, in milliseconds.
  'UpdateInterval=25',
  'DupeCheck=no',
  'CrcCheck=yes',
  'DirectWrite=yes',
  'ArticleCache=500',
  'ParCheck=manual',
  'ParRename=no',
  'RarRename=no',
  'DirectRename=no',
  'Unpack=no',
  'DirectUnpack=no',
  'HealthCheck=none',
  'DiskSpace=0',
  'FlushQueue=no',
  'ContinuePartial=no',
  'CertCheck=no',
  'ControlIP=127.0.0.1',
  'ControlPort=0',
  'DaemonUsername=root',
];

/**
 * Downloads an NZB with nzbget in its standalone mode.
 * @param {{ server: any, wire: string, connections: number, nzb: string, folder: string, skipWrite?: boolean }} job
 *   `folder`: where everything goes; made, and left for the caller to remove
 * @returns {Promise<{ seconds: number, cpuSeconds: number, file: string | undefined }>} `seconds`: from the release
 *   being queued to it being complete on disk; `cpuSeconds`: the whole program, its start and end included
 */
export async function runNzbget({ server, wire, connections, nzb, folder, skipWrite = false }) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const list = join(folder, 'bench.nzb');
  await writeFile(list, nzb);
  const places = {
    MainDir: '',
    TempDir: 'tmp',
    DestDir: 'done',
    QueueDir: 'queue',
    NzbDir: 'nzb',
    ScriptDir: 'scripts',
  };
  const options = [
    ...Object.entries(places).map(([option, place]) => `${option}=${join(folder, place)}`),
    `LockFile=${join(folder, 'lock')}`,
    ...quick,
    `SkipWrite=${skipWrite ? 'yes' : 'no'}`,
    'Server1.Active=yes',
    `Server1.Host=${server.host}`,
    `Server1.Port=${wire === 'TLS' ? server.tlsPort : server.port}`,
    `Server1.Encryption=${wire === 'TLS' ? 'yes' : 'no'}`,
    `Server1.Connections=${connections}`,
  ];
  const { marks, text } = await observe([list, ...options]);
  const [, user, system] = /^cpu (\S+) (\S+)$/m.exec(text) ?? [];
  if (!marks.queued || !marks.complete || user === undefined) throw new Error(`nzbget did not do it:\n${text}`);
  return {
    seconds: (marks.complete - marks.queued) / 1000,
    cpuSeconds: Number(user) + Number(system),
    file: skipWrite ? undefined : await largestIn(join(folder, 'done')),
  };
}

/** Runs it to its end; when it said what, and all it said. */
function observe([list, ...options]) {
  const script = 'TIMEFORMAT="cpu %3U %3S"; time nzbget "$@" 2>&1';
  const child = spawn('bash', ['-c', script, 'bench', '-n', ...options.flatMap((option) => ['-o', option]), list], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const marks = {};
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      text += piece;
      if (/ added to queue/.test(text)) marks.queued ??= performance.now();
      if (/ completely downloaded/.test(text)) marks.complete ??= performance.now();
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve({ marks, text }));
  });
}

async function largestIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const [file] = entries.filter((entry) => entry.isFile());
  return file && join(file.parentPath ?? file.path, file.name);
}
